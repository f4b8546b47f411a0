// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * A server that all tests of one JVM share. It is started when a test first asks for it; when the JVM ends it is
 * closed, if it can be. Where it cannot be started, every test that asks gets the same exception: a skip where a
 * program is missing. (A static field would give that to the first test alone, and an
 * {@link ExceptionInInitializerError} to the others.) Thread-safe.
 *
 * @param <S> the server
 */
public final class SharedServer<S> {
    private static final System.Logger LOG = System.getLogger(SharedServer.class.getName());

    private final Supplier<S> start;
    private Optional<S> server = Optional.empty();
    private Optional<RuntimeException> failure = Optional.empty();

    public SharedServer(Supplier<S> start) {
        this.start = start;
    }

    public synchronized S get() {
        if (failure.isPresent()) {
            throw failure.get();
        }
        if (server.isEmpty()) {
            try {
                S started = start.get();
                if (started instanceof AutoCloseable closeable) {
                    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(closeable)));
                }
                server = Optional.of(started);
            } catch (RuntimeException e) {
                failure = Optional.of(e);
                throw e;
            }
        }
        return server.get();
    }

    private static void close(AutoCloseable server) {
        try {
            server.close();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "a server of the tests did not stop", e);
        }
    }
}
