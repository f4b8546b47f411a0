// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.testkit.InTurn;

/**
 * A server whose disk is full, or read-only, or whose files are not those of its user. It takes root to have one:
 * skipped elsewhere.
 */
@InTurn
class SmallDiskTest {
    private static final System.Logger LOG = System.getLogger(SmallDiskTest.class.getName());

    @TempDir
    static Path home;

    private static DaemonPlaces places;
    private Optional<Path> mounted = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        boolean isRoot = System.getProperty("user.name").equals("root");
        if (!isRoot) {
            LOG.log(System.Logger.Level.WARNING, "skipped: mounting a tmpfs, and serving as another user, takes root");
        }
        assumeTrue(isRoot, "mounting a tmpfs, and serving as another user, takes root");
        places = DaemonPlaces.start(
                home,
                List.of(
                        "[nobody]",
                        "path = " + home.resolve("data"),
                        "uid = nobody",
                        "gid = nogroup",
                        "read only = no"));
        // The directories above are private to us, and the server's user must come through.
        for (Path at = home.resolve("data");
                at.startsWith(home);
                at = at.resolveSibling("..").normalize()) {
            Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @AfterAll
    static void stop() {
        if (places != null) {
            places.close();
        }
    }

    @AfterEach
    void unmount() {
        // What served the last connection may still be there.
        mounted.ifPresent(place ->
                await("unmounted").atMost(Duration.ofSeconds(60)).until(() -> run("umount", place.toString())));
    }

    private ObjectStore mountedStore(String options) throws Exception {
        Path place = places.next();
        boolean done = run("mount", "-t", "tmpfs", "-o", options, "tidemark-test", place.toString());
        if (!done) {
            LOG.log(System.Logger.Level.WARNING, "skipped: a tmpfs cannot be mounted here");
        }
        assumeTrue(done, "a tmpfs cannot be mounted here (it takes root)");
        mounted = Optional.of(place);
        return places.store(place);
    }

    @Test
    void aFullDiskIsToldAndNothingOfTheObjectCanBeSeen() throws Exception {
        try (ObjectStore store = mountedStore("size=1m")) {
            put(store, "main/small", new byte[100_000]);

            assertThatThrownBy(() -> put(store, "main/big", new byte[3_000_000]))
                    .isInstanceOf(StorageFull.class)
                    .hasMessageContaining("main/big");

            assertThat(keys(store, "")).containsExactly("main/small");
            put(store, "main/big", new byte[800_000]);
            assertThat(read(store, "main/big")).hasSize(800_000);
        }
    }

    @Test
    void wantOfInodesIsToldAsWell() throws Exception {
        try (ObjectStore store = mountedStore("size=1m,nr_inodes=10")) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 20; i++) {
                            put(store, "main/" + i, new byte[1]);
                        }
                    })
                    .isInstanceOf(StorageFull.class);
        }
    }

    @Test
    void aReadOnlyDiskCanBeReadAndDeniesTheRest() throws Exception {
        try (ObjectStore store = mountedStore("size=1m")) {
            put(store, "main/a", new byte[] {1});
            assertThat(run("mount", "-o", "remount,ro", mounted.orElseThrow().toString()))
                    .isTrue();

            assertThatThrownBy(() -> put(store, "main/b", new byte[1])).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> store.delete(List.of(key("main/a")))).isInstanceOf(StorageDenied.class);
            assertThat(read(store, "main/a")).containsExactly(1);
            assertThat(store.stat(key("main/b"))).isEmpty();
        }
    }

    @Test
    void wantOfRightsIsDeniedAndNeverAbsent() throws Exception {
        Path place = places.next();
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path closed = Files.createDirectory(
                place.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.write(closed.resolve("a"), new byte[1]);
        Path unreadable = Files.write(place.resolve("unreadable"), new byte[1]);
        Files.setPosixFilePermissions(unreadable, PosixFilePermissions.fromString("rw-------"));
        String address = places.address("nobody", places.daemon().port(), place);

        try (ObjectStore store = new RsyncObjectStore(places.config(address, Map.of()))) {
            assertThat(store.stat(key("unreadable"))).isPresent();
            for (ThrowingCallable operation : List.<ThrowingCallable>of(
                    () -> put(store, "new/object", new byte[1]),
                    () -> put(store, "closed/b", new byte[1]),
                    () -> read(store, "unreadable"),
                    () -> read(store, "closed/a"),
                    () -> read(store, "closed/b"),
                    () -> store.stat(key("closed/b")),
                    () -> store.list("", Optional.empty(), 10),
                    () -> store.delete(List.of(key("unreadable"))))) {
                assertThatThrownBy(operation).isInstanceOf(StorageDenied.class);
            }
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
    }
}
