"""The subcommands: each turns parsed arguments into what is to be printed and the exit code."""
