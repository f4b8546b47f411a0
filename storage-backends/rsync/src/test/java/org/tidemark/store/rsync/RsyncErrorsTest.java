// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.RsyncDaemon;
import org.tidemark.testkit.RsyncDaemon.Module;

/** What a daemon refuses, and what each refusal is for the callers. */
@InTurn
class RsyncErrorsTest {
    @TempDir
    static Path home;

    private static DaemonPlaces places;

    @BeforeAll
    static void start() throws Exception {
        places = DaemonPlaces.start(
                home,
                List.of(
                        "[unmounted]",
                        "path = " + home.resolve("no/such/directory"),
                        "read only = no",
                        "[nosync]",
                        "path = " + home.resolve("data"),
                        "read only = no",
                        "refuse options = fsync"));
    }

    @AfterAll
    static void stop() {
        if (places != null) { // nothing, where the class was skipped
            places.close();
        }
    }

    private static List<ThrowingCallable> operations(ObjectStore store) {
        return List.of(
                () -> put(store, "main/new", new byte[10]),
                () -> read(store, "main/there"),
                () -> store.stat(key("main/there")),
                () -> store.list("", Optional.empty(), 10),
                () -> store.delete(List.of(key("main/there"))));
    }

    private static void assertAll(ObjectStore store, Class<? extends StorageException> type, String message) {
        try (store) {
            for (ThrowingCallable operation : operations(store)) {
                assertThatThrownBy(operation)
                        .isInstanceOf(type)
                        .hasMessageContaining(message)
                        .hasMessageContaining(store.description())
                        .message()
                        .doesNotContain(RsyncDaemon.PASSWORD, "not-the-password");
            }
        }
    }

    private static RsyncObjectStore store(String module, Path place, Map<String, String> options) {
        return new RsyncObjectStore(
                places.config(places.address(module, places.daemon().port(), place), options));
    }

    @Test
    void aWrongPasswordIsDenied() throws Exception {
        Path place = places.next();
        String address =
                places.address(Module.WRITABLE.toString(), places.daemon().port(), place);

        assertAll(
                new RsyncObjectStore(places.config(address, Map.of(), "not-the-password")),
                StorageDenied.class,
                "auth failed");
        assertAll(new RsyncObjectStore(places.config(address, Map.of(), "")), StorageDenied.class, "auth failed");
    }

    @Test
    void anUnknownModuleAndAClosedOneAreDenied() throws Exception {
        Path place = places.next();

        assertAll(store("nothing", place, Map.of()), StorageDenied.class, "Unknown module 'nothing'");
        assertAll(places.store(Module.CLOSED, place), StorageDenied.class, "access denied");
    }

    @Test
    void whatIsNotMountedIsUnavailableAndNeverAbsent() throws Exception {
        Path place = places.next();

        assertAll(
                store("unmounted", place, Map.of()),
                StorageUnavailable.class,
                "does the root exist, and is it mounted?");

        Files.delete(place);
        assertAll(places.store(place), StorageUnavailable.class, "does the root exist, and is it mounted?");
        assertThat(place).as("made by nobody").doesNotExist();
    }

    @Test
    void aReadOnlyModuleCanBeReadAndDeniesTheRest() throws Exception {
        Path place = places.next();
        try (ObjectStore writable = places.store(place);
                ObjectStore store = places.store(Module.READ_ONLY, place)) {
            put(writable, "main/there", new byte[] {1});

            assertThat(read(store, "main/there")).containsExactly(1);
            assertThat(keys(store, "")).containsExactly("main/there");
            assertThat(store.stat(key("main/other"))).isEmpty();
            assertThatThrownBy(() -> put(store, "main/new", new byte[1]))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("module is read only");
            assertThatThrownBy(() -> store.delete(List.of(key("main/there")))).isInstanceOf(StorageDenied.class);
            assertThat(keys(store, "")).containsExactly("main/there");
        }
    }

    @Test
    void aWriteOnlyModuleIsWrittenAndProvenAndDeniesTheRest() throws Exception {
        Path place = places.next();
        try (ObjectStore writable = places.store(place);
                ObjectStore store = places.store(Module.WRITE_ONLY, place)) {
            put(store, "main/there", new byte[] {1});

            assertThat(read(writable, "main/there")).containsExactly(1);
            assertThatThrownBy(() -> put(store, "main/there", new byte[] {2})).isInstanceOf(ObjectExists.class);
            assertThat(read(writable, "main/there")).containsExactly(1);
            for (ThrowingCallable operation : operations(store).subList(1, 4)) {
                assertThatThrownBy(operation)
                        .isInstanceOf(StorageDenied.class)
                        .hasMessageContaining("module is write only");
            }
            store.delete(List.of(key("main/there")));
            assertThat(keys(writable, "")).isEmpty();
        }
    }

    @Test
    void aModuleWithoutDeletionDeniesThatAlone() throws Exception {
        Path place = places.next();
        try (ObjectStore store = places.store(Module.NO_DELETE, place)) {
            put(store, "main/there", new byte[] {1});

            assertThatThrownBy(() -> store.delete(List.of(key("main/there"))))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("refuse --delete");
            assertThat(read(store, "main/there")).containsExactly(1);
        }
    }

    @Test
    void aServerThatCannotSyncIsWrittenToOnlyWhereThatIsSaid() throws Exception {
        Path place = places.next();
        try (ObjectStore store = store("nosync", place, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("fsync = if-offered");
            assertThat(keys(store, "")).isEmpty();
        }
        try (ObjectStore store = store("nosync", place, Map.of("fsync", "if-offered"))) {
            put(store, "main/a", new byte[] {7});
            assertThat(read(store, "main/a")).containsExactly(7);
        }
    }

    @Test
    void aMissingProgramIsToldWithWhatToDo() throws Exception {
        assertAll(
                store(Module.WRITABLE.toString(), places.next(), Map.of("program", "/no/such/rsync")),
                StorageDenied.class,
                "the program '/no/such/rsync' could not be started: is it installed?");
    }

    @Test
    void aWorkDirectoryThatIsNotThereIsNamed() throws Exception {
        Path place = places.next();
        try (ObjectStore store = store(Module.WRITABLE.toString(), place, Map.of("work-directory", "/no/such"))) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("the work directory of this host")
                    .hasMessageContaining("/no/such");
        }
    }

    @Test
    void anObjectIsNeverRemovedToMakeADirectory() throws Exception {
        Path place = places.next();
        try (ObjectStore store = places.store(place)) {
            put(store, "main", new byte[] {1, 2});

            assertThatThrownBy(() -> put(store, "main/below", new byte[1])).isInstanceOf(StorageException.class);
            store.delete(List.of(key("main/below")));
            assertThat(read(store, "main")).containsExactly(1, 2);

            Path below = place.resolve("main/repository");
            try (RsyncObjectStore other = places.store(below)) {
                assertThatThrownBy(other::createRoot).isInstanceOf(StorageException.class);
            }
            assertThat(read(store, "main")).containsExactly(1, 2);
        }
    }

    @Test
    void whatIsNoObjectIsAnError() throws IOException {
        Path place = places.next();
        Files.createDirectories(place.resolve("main"));
        Files.createSymbolicLink(place.resolve("main/link"), Path.of("/etc/hostname"));
        try (ObjectStore store = places.store(place)) {
            for (ThrowingCallable operation : List.<ThrowingCallable>of(
                    () -> store.list("", Optional.empty(), 10),
                    () -> store.stat(key("main/link")),
                    () -> read(store, "main/link"))) {
                assertThatThrownBy(operation).isInstanceOf(StorageDenied.class).hasMessageContaining("'main/link'");
            }
            assertThatThrownBy(() -> put(store, "main/link", new byte[1])).isInstanceOf(StorageException.class);
            assertThat(place.resolve("main/link")).isSymbolicLink();
        }
    }

    @Test
    void theRootIsMadeWithWhatIsMissingAboveItAndMakingItAgainDoesNothing() throws Exception {
        Path place = places.next().resolve("a/b");
        try (RsyncObjectStore store = places.store(place)) {
            store.createRoot();
            put(store, "main/a", new byte[1]);
            store.createRoot();
            assertThat(keys(store, "")).containsExactly("main/a");
        }
    }

    @Test
    void theRootIsMadeWithAnRsyncThatKnowsNoWayToMakePathsAsWell() throws Exception {
        Path place = places.next().resolve("a/b");
        String rsync = RequiredServer.program("rsync", "apt-get install rsync").toString();
        Path old = Files.writeString(
                home.resolve("old-rsync"),
                "#!/bin/sh\ncase \"$*\" in *--mkpath*) echo 'rsync: --mkpath: unknown option' >&2; exit 1 ;; esac\n"
                        + "exec " + rsync + " \"$@\"\n");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rwx------"));
        try (RsyncObjectStore store = store(Module.WRITABLE.toString(), place, Map.of("program", old.toString()))) {
            store.createRoot();
            store.createRoot();
            put(store, "main/a", new byte[1]);
            assertThat(keys(store, "")).containsExactly("main/a");
        }
    }
}
