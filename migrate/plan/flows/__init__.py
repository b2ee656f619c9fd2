"""Every place where a followed value goes on as a value: arguments, results, targets, tuples."""
