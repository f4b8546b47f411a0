// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.ServiceSettings;
import org.tidemark.config.ServiceSettings.Address;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Host;
import org.tidemark.operations.service.Metrics.Form;

/** Where metrics go, by the present configuration: an endpoint, and a file. For one thread. */
final class MetricsOutput implements AutoCloseable {
    /** Between two versions of the file; Prometheus reads it about as often. */
    private static final Duration PAUSE = Duration.ofSeconds(15);

    private final Host host;
    private final Metrics metrics;
    private final ServiceRun.Observer observer;
    private @Nullable MetricsEndpoint endpoint;
    private Optional<Address> listens = Optional.empty();
    private long written = System.nanoTime() - PAUSE.toNanos();

    MetricsOutput(Host host, Metrics metrics, ServiceRun.Observer observer) {
        this.host = host;
        this.metrics = metrics;
        this.observer = observer;
    }

    private ServiceSettings settings() {
        return host.configuration().service();
    }

    /** Listens where the present configuration says. An address that is in use is told, and nothing else ends by it. */
    void begin() {
        Optional<Address> wanted = settings().metricsListen();
        if (wanted.equals(listens)) {
            return;
        }
        stop();
        try {
            endpoint =
                    wanted.map(address -> new MetricsEndpoint(address, metrics)).orElse(null);
            listens = wanted;
        } catch (UserFacingException e) {
            observer.misconfigured(e);
        }
    }

    /** Writes the file if it is time to. */
    void turn() {
        Optional<Path> file = settings().metricsFile();
        if (file.isPresent() && System.nanoTime() - written >= PAUSE.toNanos()) {
            written = System.nanoTime();
            try {
                write(file.get());
            } catch (IOException e) {
                observer.unwritten(file.get(), e);
            }
        }
    }

    /** A reader finds the old or the new one. It is not synced: after a crash, it is written again. */
    private void write(Path file) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
        Files.write(temporary, metrics.text(Form.PROMETHEUS));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private void stop() {
        if (endpoint != null) {
            endpoint.close();
            endpoint = null;
        }
        listens = Optional.empty();
    }

    /** The file of a process that has ended says nothing of the present. */
    @Override
    public void close() {
        stop();
        settings().metricsFile().ifPresent(file -> {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // The time of the reading in it is old.
            }
        });
    }
}
