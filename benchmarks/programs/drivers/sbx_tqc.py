"""SBX's TQC on noise."""

from gym_stand_in import Box
from sb3_stand_in import install_sb3

environment = install_sb3(Box(-2.0, 2.0, (2,)))

import sbx

model = sbx.TQC(
    "MlpPolicy",
    environment,
    learning_starts=8,
    batch_size=8,
    gradient_steps=2,
    policy_kwargs={"net_arch": [16, 16]},
    seed=0,
)
model.learn(20)
