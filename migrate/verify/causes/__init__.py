"""The catalogue of known faults: each check looks at the evidence and names the fault or stays silent."""
