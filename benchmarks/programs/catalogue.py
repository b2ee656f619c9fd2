"""The programs: what is downloaded, which part of it is the project, and what must be migrated in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DRIVERS = Path(__file__).parent / "drivers"


@dataclass(frozen=True)
class Program:
    """A driver and the project that it trains.

    The project is `folder` of a distribution, by its name in `sources.py`; `trains` are the files in it
    that make the train state or take its steps. The driver runs in the root of the project. It calls the
    project's own training as a user would, so that no train state passes between them; where the project
    is a `library` whose users build the modules, the driver is migrated with it.
    """

    name: str
    distribution: str
    trains: tuple[str, ...]
    folder: str = "."
    steps: int = 10
    library: bool = False
    drivers: Path = DRIVERS

    @property
    def driver(self) -> str:
        """The name of the driver in the root of the project."""
        return f"drive_{self.name}.py"

    @property
    def path(self) -> Path:
        """Where the driver is kept."""
        return self.drivers / f"{self.name}.py"


def _flax(folder: str, *trains: str, library: bool = False) -> Program:
    return Program(f"flax_{folder}", "flax", trains or ("train.py",), folder, library=library)


def _cleanrl(stem: str) -> Program:
    return Program(f"cleanrl_{stem}", "cleanrl", (f"cleanrl/{stem}.py",))


def _rejax(stem: str) -> Program:
    return Program(f"rejax_{stem}", "rejax", (f"rejax/algos/{stem}.py",))


def _navix(stem: str) -> Program:
    return Program(f"navix_{stem}", "navix", (f"navix/agents/{stem}.py",), library=True)


def _sbx(stem: str) -> Program:
    return Program(f"sbx_{stem}", "sbx-rl", (f"sbx/{stem}/policies.py", f"sbx/{stem}/{stem}.py"))


def _ott(stem: str) -> Program:
    trains = (f"ott/neural/methods/{stem}.py", "ott/neural/networks/potentials.py")
    return Program(f"ott_{stem}", "ott-jax", trains, library=True)


PROGRAMS: Mapping[str, Program] = {
    each.name: each
    for each in (
        _flax("mnist"),
        _flax("vae"),
        _flax("seq2seq"),
        _flax("sst2"),
        _flax("nlp_seq"),
        _flax("imagenet"),
        _flax("ppo", "ppo_lib.py", library=True),
        _flax("lm1b", "utils.py", "train.py"),
        _flax("wmt"),
        _flax("ogbg_molpcba"),
        _cleanrl("dqn_jax"),
        _cleanrl("dqn_atari_jax"),
        _cleanrl("c51_jax"),
        _cleanrl("c51_atari_jax"),
        _cleanrl("ddpg_continuous_action_jax"),
        _cleanrl("td3_continuous_action_jax"),
        _cleanrl("ppo_atari_envpool_xla_jax"),
        _cleanrl("ppo_atari_envpool_xla_jax_scan"),
        *(_sbx(name) for name in ("sac", "td3", "tqc", "crossq", "dqn")),
        _ott("monge_gap"),
        _ott("neuraldual"),
        _navix("ppo"),
        _navix("pqn"),
        Program("navix_ppo_minigrid", "navix-source", ("examples/purejaxrl/ppo_minigrid.py",)),
        Program("optax_flax_example", "optax-source", ("flax_example.py",)),
        *(_rejax(name) for name in ("dqn", "iqn", "sac", "td3", "ppo", "pqn")),
    )
}
