// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A client that commits one row after the other into the table t of whichever server is the primary, and logs what was
 * acknowledged and when. Its thread ends with {@link #stop}. Thread-safe.
 */
final class CommittedRows implements AutoCloseable {
    private static final long PAUSE_NANOS = 3_000_000;
    private static final long LIMIT_MILLIS = 60_000;

    private final String jdbcUrl;
    private final SortedMap<Integer, Instant> acknowledged = new ConcurrentSkipListMap<>();
    /** When each row was sent. */
    private final Map<Integer, Instant> sent = new ConcurrentHashMap<>();

    private final Thread thread = new Thread(this::run, "committed-rows");
    private volatile boolean stopped;
    private volatile String lastError = "";

    /** @param jdbcUrl for all servers, of which it chooses the primary */
    CommittedRows(String jdbcUrl) {
        this.jdbcUrl = jdbcUrl;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        int number = 1;
        while (!stopped) {
            try (Connection connection = DriverManager.getConnection(jdbcUrl);
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
                while (!stopped) {
                    sent.put(number, Instant.now());
                    insert.setInt(1, number);
                    number++;
                    insert.executeUpdate();
                    // A warning says that the commit did not wait for the standby.
                    if (insert.getWarnings() == null) {
                        acknowledged.put(number - 1, Instant.now());
                    }
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } catch (SQLException e) {
                lastError = e.toString();
                LockSupport.parkNanos(20 * PAUSE_NANOS);
            }
        }
    }

    /** Waits until some more commits were acknowledged. */
    void awaitMore(Supplier<String> log) throws InterruptedException {
        int enough = acknowledged.size() + 20;
        Operator.await("rows are committed; " + lastError, () -> acknowledged.size() >= enough, log);
    }

    /** The moment at which about half of the rows had been acknowledged. */
    Instant middle() {
        return acknowledged.values().stream()
                .skip(acknowledged.size() / 2)
                .findFirst()
                .orElseThrow();
    }

    /** A row that this has not sent, and that the new primary has. */
    void mayBeThere(int number) {
        sent.put(number, Instant.EPOCH);
    }

    /** Every acknowledged row is there, and besides these only rows that were sent without an answer. */
    void verify(Set<Integer> recovered) {
        verify(recovered, Instant.MAX);
    }

    /** The same of the rows up to a moment. */
    void verify(Set<Integer> recovered, Instant target) {
        assertThat(acknowledged).isNotEmpty();
        Set<Integer> demanded = acknowledged.entrySet().stream()
                .filter(row -> !row.getValue().isAfter(target))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        Set<Integer> allowed = sent.entrySet().stream()
                .filter(row -> !row.getValue().isAfter(target))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());

        assertThat(recovered).as("acknowledged").containsAll(demanded);
        assertThat(allowed).as("sent").containsAll(recovered);
    }

    /** Commits no more. */
    void stop() {
        stopped = true;
        try {
            thread.join(LIMIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
