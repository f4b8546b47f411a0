// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.rsync.RsyncAddress.Transport;
import org.tidemark.testkit.RsyncDaemon;
import org.tidemark.testkit.RsyncDaemon.Module;

/** Empty directories of a daemon, and stores that reach them. Thread-safe. */
final class DaemonPlaces implements AutoCloseable {
    private final RsyncDaemon daemon;
    private final Path work;
    private final AtomicInteger count = new AtomicInteger();

    private DaemonPlaces(RsyncDaemon daemon, Path work) {
        this.daemon = daemon;
        this.work = work;
    }

    static DaemonPlaces start(Path home) throws IOException {
        return start(home, List.of());
    }

    /** @param more lines of the daemon's configuration */
    static DaemonPlaces start(Path home, List<String> more) throws IOException {
        return new DaemonPlaces(RsyncDaemon.start(home, more), Files.createDirectories(home.resolve("work")));
    }

    RsyncDaemon daemon() {
        return daemon;
    }

    /** Where stores put what is on its way. */
    Path work() {
        return work;
    }

    /** A new one, below the data of all modules. */
    Path next() throws IOException {
        return Files.createDirectory(daemon.data().resolve("place" + count.incrementAndGet()));
    }

    RsyncObjectStore store(Path place) {
        return store(Module.WRITABLE, place);
    }

    RsyncObjectStore store(Module module, Path place) {
        return new RsyncObjectStore(config(address(module.toString(), daemon.port(), place), Map.of()));
    }

    RsyncObjectStore store(int port, Path place, TimeLimits limits) {
        return new RsyncObjectStore(config(
                address(Module.WRITABLE.toString(), port, place),
                Map.of(
                        TimeLimits.CONNECT_OPTION, limits.connect().toSeconds() + "s",
                        TimeLimits.READ_OPTION, limits.read().toSeconds() + "s",
                        TimeLimits.REQUEST_OPTION, limits.request().toSeconds() + "s")));
    }

    String address(String module, int port, Path place) {
        return "rsync://" + RsyncDaemon.USER + "@127.0.0.1:" + port + "/" + module + "/"
                + daemon.data().relativize(place);
    }

    RsyncConfig config(String address, Map<String, String> options) {
        return config(address, options, RsyncDaemon.PASSWORD);
    }

    RsyncConfig config(String address, Map<String, String> options, String password) {
        Map<String, String> all = new HashMap<>(Map.of("work-directory", work.toString()));
        all.putAll(options);
        return RsyncConfig.parse(
                Transport.DAEMON,
                URI.create(address),
                new StoreOptions(
                        all, name -> name.equals("RSYNC_PASSWORD") ? Optional.of(password) : Optional.empty()));
    }

    @Override
    public void close() {
        daemon.close();
    }
}
