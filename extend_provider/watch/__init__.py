"""Waiting for many runs with one connection and hardly any requests. Knows the client, and nothing of Airflow."""
