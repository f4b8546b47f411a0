// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.UnfinishedUploads.Upload;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.RsyncDaemon;

/** What can be seen of rsync while it runs, and what is left when it is ended. */
@InTurn
@EnabledOnOs(value = OS.LINUX, disabledReason = "processes are looked at in /proc")
class RunningRsyncTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path home;

    private DaemonPlaces places;
    private FaultProxy proxy;
    private Path place;

    @BeforeEach
    void start() throws Exception {
        places = DaemonPlaces.start(home);
        proxy = FaultProxy.to(places.daemon().port());
        // An object of 5 MB takes some six seconds, which no test waits for.
        proxy.set(NetworkFault.delay(Duration.ofMillis(20)));
        place = places.next();
    }

    @AfterEach
    void stop() {
        if (proxy != null) { // nothing, where the class was skipped
            proxy.close();
        }
        if (places != null) { // nothing, where the class was skipped
            places.close();
        }
    }

    /** Puts an object slowly, in a thread of its own; the task gives what became of it. */
    private FutureTask<String> slowPut(ObjectStore store, String key) {
        return new FutureTask<>(() -> {
            try {
                put(store, key, randomBytes(Rounds.random(), 5_000_000));
                return "stored";
            } catch (StorageException e) {
                return e.getClass().getSimpleName() + ": " + e.getMessage()
                        + (Thread.currentThread().isInterrupted() ? " (interrupted)" : "");
            }
        });
    }

    /** The file of an object on its way, under rsync's own name. */
    private Path temporary() {
        List<Path> found = new ArrayList<>();
        await("a temporary file with something in it").atMost(SOON).until(() -> {
            found.clear();
            if (Files.isDirectory(place.resolve("main"))) {
                try (Stream<Path> files = Files.list(place.resolve("main"))) {
                    found.addAll(
                            files.filter(file -> file.getFileName().toString().startsWith(".")
                                            && file.toFile().length() > 0)
                                    .toList());
                }
            }
            return !found.isEmpty();
        });
        return found.getFirst();
    }

    private List<ProcessHandle> ourRsyncs() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> commandLine(process.pid()).contains("127.0.0.1:" + proxy.port() + "/"))
                .toList();
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void thePasswordIsInNoProcessListAndInAnEnvironmentThatNobodyElseReads() throws Exception {
        try (ObjectStore store = places.store(proxy.port(), place, TimeLimits.DEFAULTS)) {
            FutureTask<String> put = slowPut(store, "main/slow");
            Thread writer = Thread.ofPlatform().start(put);
            temporary();

            List<ProcessHandle> rsyncs = ourRsyncs();
            assertThat(rsyncs).isNotEmpty();
            for (ProcessHandle rsync : rsyncs) {
                Path environment = Path.of("/proc", Long.toString(rsync.pid()), "environ");
                assertThat(Files.readString(environment, ISO_8859_1))
                        .contains("RSYNC_PASSWORD=" + RsyncDaemon.PASSWORD);
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(environment)))
                        .isEqualTo("r--------");
            }
            assertThat(ProcessHandle.allProcesses().map(process -> commandLine(process.pid())))
                    .noneMatch(line -> line.contains(RsyncDaemon.PASSWORD));
            writer.interrupt();
            assertThat(put.get(30, TimeUnit.SECONDS)).doesNotContain(RsyncDaemon.PASSWORD);
        }
    }

    @Test
    void anInterruptEndsRsyncAndNothingCanBeSeen() throws Exception {
        try (ObjectStore store = places.store(proxy.port(), place, TimeLimits.DEFAULTS)) {
            FutureTask<String> put = slowPut(store, "main/slow");
            Thread writer = Thread.ofPlatform().start(put);
            temporary();
            writer.interrupt();

            assertThat(put.get(30, TimeUnit.SECONDS))
                    .startsWith("StorageUnavailable: could not write 'main/slow' in " + store.description())
                    .endsWith("(interrupted)");
            await("rsync is gone").atMost(SOON).until(() -> ourRsyncs().isEmpty());
        }
        try (ObjectStore direct = places.store(place)) {
            assertThat(keys(direct, "")).isEmpty();
        }
    }

    @Test
    void aRunThatTakesTooLongIsEndedWithItsChildren() throws Exception {
        TimeLimits limits = new TimeLimits(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(2));
        try (ObjectStore store = places.store(proxy.port(), place, limits)) {
            assertThatThrownBy(() -> put(store, "main/slow", new byte[5_000_000]))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("rsync did not end within");
            await("rsync is gone").atMost(SOON).until(() -> ourRsyncs().isEmpty());
        }
    }

    @Test
    void aReceiverThatIsKilledLeavesAnUnfinishedUploadThatNoListingShows() throws Exception {
        try (ObjectStore store = places.store(proxy.port(), place, TimeLimits.DEFAULTS);
                ObjectStore direct = places.store(place)) {
            FutureTask<String> put = slowPut(store, "main/slow");
            Thread.ofPlatform().start(put);
            Path left = temporary();
            places.daemon().killConnections();

            assertThat(put.get(60, TimeUnit.SECONDS)).startsWith("StorageUnavailable");
            assertThat(left).as("left by the receiver").exists();
            assertThat(keys(direct, "")).isEmpty();
            UnfinishedUploads uploads = direct.unfinishedUploads().orElseThrow();
            Instant written = Files.getLastModifiedTime(left).toInstant();
            assertThat(uploads.begunBefore("", written.minusSeconds(60), 10)).isEmpty();
            List<Upload> found = uploads.begunBefore("main/", written.plusSeconds(60), 10);
            assertThat(found).singleElement().satisfies(upload -> {
                assertThat(upload.key().value()).isEqualTo("main/slow");
                assertThat(upload.id()).isEqualTo("main/" + left.getFileName());
            });

            put(direct, "main/slow", new byte[] {1});
            uploads.abort(found.getFirst());
            assertThat(left).doesNotExist();
            assertThat(read(direct, "main/slow")).containsExactly(1);
        }
    }
}
