-- Grain: one row per model that was to be fitted, converged or refused with its reason.
select
    fit_id,
    model,
    parameters,
    standard_errors,
    log_likelihood,
    customers,
    status,
    reason,
    as_of
from {{ source('prediction', 'fits') }}
