"""
``make matrix``: one wheel, tested on every supported line of Airflow, with every Python that is installed.

Each pair of versions gets an environment as it was in the days of that Airflow. The wheel is installed on top, and no
version that was there may change. What was run is written to ``docs/compatibility.md``.
"""
