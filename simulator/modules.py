"""The product: its features and the modules they belong to."""

import pyarrow as pa

from simulator.tables import table

# feature -> (module, is_core, is_advanced)
FEATURES: dict[str, tuple[str, bool, bool]] = {
    "document_view": ("documents", True, False),
    "document_edit": ("documents", True, False),
    "comment": ("documents", False, False),
    "share_link": ("documents", False, False),
    "search": ("documents", True, False),
    "vault_upload": ("vault", True, False),
    "admin_policy": ("security", False, True),
    "audit_log": ("security", False, True),
    "dashboard_view": ("analytics", True, False),
    "report_export": ("analytics", False, True),
    "workflow_run": ("automation", True, False),
    "api_call": ("automation", False, True),
    "ai_assist": ("assistant", False, True),
}
NAMES = list(FEATURES)


def modules_table() -> pa.Table:
    """Return the table of modules."""
    module, core, advanced = zip(*FEATURES.values(), strict=True)
    return table(
        "modules", {"feature": NAMES, "module": module, "is_core": core, "is_advanced": advanced}
    )
