"""Pictures show the names of columns as they are, whatever signs they hold, and warn of none."""

import io
import warnings

import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.reports import picture_style
from training.reports.picture_style import families, our_style


@pytest.fixture(autouse=True)
def asked_anew():
    families.cache_clear()
    yield
    families.cache_clear()


def drawn(name: str) -> bytes:
    with our_style():
        figure, png = Figure(), io.BytesIO()
        FigureCanvasAgg(figure)
        figure.add_subplot().barh([name], [1.0])
        figure.savefig(png, metadata={"Software": None})
    return png.getvalue()


def without_japanese(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(picture_style, "JAPANESE", ())
    patch.setattr(font_manager, "findSystemFonts", list)
    families.cache_clear()


@pytest.mark.parametrize("name", ["Spend_$_Q1_$", "$\\frac{", "利用日数"])
def test_any_name_is_drawn_without_a_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert drawn(name)
        without_japanese(monkeypatch)
        assert drawn(name)


def test_latin_names_are_the_same_bytes_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    here = drawn("idle days, 40 %")
    without_japanese(monkeypatch)
    assert families() == ["DejaVu Sans"]
    assert drawn("idle days, 40 %") == here


def test_a_font_installed_since_the_list_was_made_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    added = []

    class Manager:
        ttflist = ()
        addfont = staticmethod(added.append)

    paths = ["/fonts/NotoSansCJK-Regular.ttc", "/fonts/other.ttf"]
    monkeypatch.setattr(font_manager, "fontManager", Manager)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)
    assert families() == ["DejaVu Sans"]
    assert added == paths[:1]
