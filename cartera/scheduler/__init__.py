"""The local Airflow: its home, DAGs run here and now, and its web page.

The package ``airflow`` does the scheduling and ``dags/`` says what is scheduled. This room keeps
an Airflow of its own per CARTERA_HOME, so that no other Airflow on the machine is touched.
"""
