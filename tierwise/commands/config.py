"""`tierwise config`: every setting in force, and where it came from."""

from rich.console import Console
from rich.table import Table

from tierwise.common import Common
from tierwise.settings import Settings, load_settings


def config(*, common: Common | None = None) -> None:
    """Print every setting, its value and where it came from."""
    common = common or Common()
    origin = load_settings({"home": common.home})
    values = origin.settings.model_dump(mode="json")
    table = Table("setting", "value", "from", "meaning", box=None, pad_edge=False)
    for name, field in Settings.model_fields.items():
        shown = "" if values[name] is None else str(values[name])
        table.add_row(name, shown, origin.sources[name], field.description)
    Console(soft_wrap=True).print(table, markup=False)
    common.write_json(
        {name: {"value": values[name], "from": origin.sources[name]} for name in values}
    )
