"""Putting values into the schema of a form. Pure: nothing here looks at Airflow, the network or a disk."""
