-- The current state of each order: its last change, deleted orders left out.
-- Sequence numbers are numbers of more digits than a bigint has, so they are compared as decimals.
WITH changes AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY order_id ORDER BY CAST(sequence_number AS decimal(38, 0)) DESC) AS age
    FROM orders
)
SELECT
    order_id,
    customer_id,
    product,
    category,
    quantity,
    unit_price,
    total,
    currency,
    country,
    status,
    created_at,
    updated_at
FROM changes
WHERE age = 1 AND event_name <> 'REMOVE'
ORDER BY order_id
