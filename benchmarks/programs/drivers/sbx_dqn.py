"""SBX's DQN on noise."""

from gym_stand_in import Discrete
from sb3_stand_in import install_sb3

environment = install_sb3(Discrete(3))

import sbx

model = sbx.DQN(
    "MlpPolicy",
    environment,
    learning_starts=8,
    batch_size=8,
    gradient_steps=1,
    policy_kwargs={"net_arch": [16, 16]},
    seed=0,
)
model.learn(24)
