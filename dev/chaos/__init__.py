"""
The crash test: a real Airflow works on many runs at once, while its processes are killed and the service misbehaves.

======================= ==========================================================================
module                  does
======================= ==========================================================================
``__main__``, `options` the command line
``session``             one test from start to end
``points``              the named points at which processes are killed
``plan``                which task is killed at which point: a function of the seed
``tokens``              the plan on disk; each planned kill is claimed by one process, once
``site``, `hooks`       inside Airflow's processes: notices when a point is reached, and kills
``weather``             the service throttles, breaks off, answers errors, and is gone for a while
``stack``, `keeper`     Airflow with two triggerers; starts again what was killed
``dags``, `work`        the tasks, and what each of them has to fill
``audit``, `report`     what came of it, counted by the service; the table
======================= ==========================================================================
"""
