"""A synthetic B2B SaaS company with known causes, written as raw tables like any other source.

Nothing here knows the product: it imports none of our packages.
"""

from simulator.company import simulate
from simulator.errors import OutputError, PresetError, SimulatorError
from simulator.preset_files import PRESETS
from simulator.report import SimulationReport

__all__ = [
    "PRESETS",
    "OutputError",
    "PresetError",
    "SimulationReport",
    "SimulatorError",
    "simulate",
]
