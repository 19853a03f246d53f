-- What happened to orders in each minute. A change that was delivered twice counts once.
WITH changes AS (
    SELECT DISTINCT event_id, event_name, event_time, total
    FROM orders
)
SELECT
    date_trunc('minute', from_iso8601_timestamp(event_time)) AS minute,
    count_if(event_name = 'INSERT') AS created,
    count_if(event_name = 'MODIFY') AS updated,
    count_if(event_name = 'REMOVE') AS deleted,
    sum(CASE WHEN event_name = 'INSERT' THEN CAST(total AS decimal(18, 2)) END) AS ordered
FROM changes
GROUP BY 1
ORDER BY 1
