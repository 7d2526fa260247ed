"""scripts/train.sbatch, as far as it can be tried without SLURM."""

import re
import shlex
import subprocess

from small import CONF

from txst.training.checkpoints import STOPPED

FILE = CONF.parent / "scripts/train.sbatch"
TEXT = FILE.read_text()


def test_it_is_bash_and_its_paths_exist():
    subprocess.run(["bash", "-n", FILE], check=True)
    paths = re.findall(r"\bscripts/[\w./]+", TEXT)
    assert paths
    assert all((CONF.parent / path).is_file() for path in paths)


def test_its_overrides_are_those_of_the_config(config):
    command = TEXT[TEXT.index("srun") :].split("\nstatus")[0].replace("\\\n", "")
    overrides = [word for word in shlex.split(command) if "=" in word and not word.startswith("hydra.")]
    overrides = [word.replace("$SLURM_JOB_NUM_NODES", "2") for word in overrides]
    cfg = config("+experiment=wikiart", *overrides)
    assert (cfg.trainer.strategy, cfg.trainer.num_nodes, cfg.trainer.devices) == ("ddp", 2, 8)
    assert f"--ntasks-per-node={cfg.trainer.devices}\n" in TEXT
    assert cfg.resume == "auto"


def test_it_queues_itself_again_where_a_run_was_told_to_stop():
    assert f'"$status" -eq {STOPPED}' in TEXT
    assert "--signal=SIGUSR1@" in TEXT
