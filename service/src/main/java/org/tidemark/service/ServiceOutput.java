// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.ServiceSettings;
import org.tidemark.config.ServiceSettings.Address;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.UserFacingException;
import org.tidemark.service.Metrics.Form;
import org.tidemark.session.Host;

/** Where serve tells what it knows, by the present configuration: at two addresses, and in a file. For one thread. */
final class ServiceOutput implements AutoCloseable {
    /** Between two versions of the file; Prometheus reads it about as often. */
    private static final Duration PAUSE = Duration.ofSeconds(15);

    private final Host host;
    private final Metrics metrics;
    private final ServiceRun.Observer observer;
    private final Listener site;
    private final Listener metricsAlone;
    private Optional<Path> written = Optional.empty();
    private long turned = System.nanoTime() - PAUSE.toNanos();

    ServiceOutput(Host host, Site site, ServiceRun.Observer observer) {
        this.host = host;
        this.metrics = site.metrics();
        this.observer = observer;
        this.site = new Listener("service.listen", site);
        this.metricsAlone = new Listener("service.metrics-listen", metrics);
    }

    /** What listens where one setting says. */
    private final class Listener {
        private final String setting;
        private final Answers answers;
        private @Nullable Endpoint endpoint;
        private Optional<Address> listens = Optional.empty();

        Listener(String setting, Answers answers) {
            this.setting = setting;
            this.answers = answers;
        }

        /** Stops, if it is to listen elsewhere: the new address may be the same port by another name of this host. */
        void leave(Optional<Address> wanted) {
            if (!wanted.equals(listens)) {
                stop();
            }
        }

        void listen(Optional<Address> wanted) {
            if (wanted.isPresent() && listens.isEmpty()) {
                try {
                    endpoint = new Endpoint(wanted.get(), setting, answers, observer::unmeasured);
                    listens = wanted;
                } catch (UserFacingException e) {
                    observer.unmeasured(e);
                }
            }
        }

        void stop() {
            if (endpoint != null) {
                endpoint.close();
                endpoint = null;
            }
            listens = Optional.empty();
        }
    }

    private ServiceSettings settings() {
        return host.configuration().service();
    }

    /** Listens where the present configuration says. What cannot be done is told, and tried again. */
    void begin() {
        Optional<Address> all = settings().listen();
        // The site has metrics as well.
        Optional<Address> metricsOnly = settings().metricsListen().filter(address -> !all.equals(Optional.of(address)));
        site.leave(all);
        metricsAlone.leave(metricsOnly);
        site.listen(all);
        metricsAlone.listen(metricsOnly);
    }

    /** Writes the file if it is time to, and tries again to listen. */
    void turn() {
        if (System.nanoTime() - turned < PAUSE.toNanos()) {
            return;
        }
        turned = System.nanoTime();
        begin();
        Optional<Path> file = settings().metricsFile();
        if (!file.equals(written)) {
            remove();
        }
        if (file.isPresent()) {
            try {
                write(file.get());
                written = file;
            } catch (IOException e) {
                observer.unmeasured(new UserFacingException(
                        ExitCode.LOCAL_FILES,
                        "cannot write '" + file.get() + "': " + FileProblem.of(e),
                        "Let the user that runs 'tidemark serve' write in this directory, or change"
                                + " service.metrics-file.",
                        e));
            }
        }
    }

    /**
     * A reader finds the old or the new one. It is readable for every user, whatever the umask: the node exporter is
     * another one. It is not synced: after a crash, it is written again.
     */
    private void write(Path file) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
        Files.write(temporary, text());
        Files.setPosixFilePermissions(temporary, DurableFile.permissions(0644));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** An error of the program itself must not end the tasks. */
    private byte[] text() throws IOException {
        try {
            return metrics.text(Form.PROMETHEUS);
        } catch (RuntimeException e) {
            throw new IOException("an error in the program itself: " + e, e);
        }
    }

    /** A file that nobody writes any more says nothing of the present. */
    private void remove() {
        written.ifPresent(file -> {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // The time of the reading in it is old.
            }
        });
        written = Optional.empty();
    }

    @Override
    public void close() {
        site.stop();
        metricsAlone.stop();
        remove();
    }
}
