// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.RetryingStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.RsyncDaemon.Module;

/** What is made of a put after which something else stands than its status tells. The real rsync runs in a script. */
@InTurn
class UploadTest {
    private static final RetryLimits RETRIES =
            new RetryLimits(3, Duration.ofSeconds(30), Duration.ofMillis(10), Duration.ofMillis(10));
    private static final byte[] OURS = {1, 2, 3};
    private static final String SEND = "\"$RSYNC\" \"$@\"";
    private static final String OTHER = "mkdir -p \"$PLACE/main\" && printf other > \"$PLACE/main/a\"";

    @TempDir
    static Path home;

    private static DaemonPlaces places;
    private Path place = home;

    @BeforeAll
    static void start() throws Exception {
        places = DaemonPlaces.start(home);
    }

    @AfterAll
    static void stop() {
        if (places != null) { // nothing, where the class was skipped
            places.close();
        }
    }

    @BeforeEach
    void newPlace() throws IOException {
        place = places.next();
    }

    /** @param sending what happens instead of the run that sends; the one that compares is rsync's own */
    private RsyncObjectStore storeWhere(String sending) throws IOException {
        return storeWhere(sending, "exec " + SEND);
    }

    private RsyncObjectStore storeWhere(String sending, String comparing) throws IOException {
        Path script = home.resolve(place.getFileName() + ".sh");
        Files.writeString(
                script,
                String.join(
                        "\n",
                        "#!/bin/sh",
                        "RSYNC=" + RequiredServer.program("rsync", "apt-get install rsync"),
                        "PLACE=" + place,
                        "case \"$*\" in",
                        "*--remove-source-files*) " + sending + " ;;",
                        "*--dry-run*) " + comparing + " ;;",
                        "*) exec " + SEND + " ;;",
                        "esac",
                        ""));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return new RsyncObjectStore(places.config(
                places.address(Module.WRITABLE.toString(), places.daemon().port(), place),
                Map.of("program", script.toString())));
    }

    private byte[] stored() throws IOException {
        return Files.readAllBytes(place.resolve("main/a"));
    }

    @Test
    void aWriterThatWasOvertakenIsToldSo() throws Exception {
        try (ObjectStore store = storeWhere(SEND + "; " + OTHER + "; exit 0")) {
            assertThatThrownBy(() -> put(store, "main/a", OURS)).isInstanceOf(ObjectExists.class);
        }
        assertThat(stored()).asString().isEqualTo("other");
    }

    @Test
    void otherBytesOfTheSameLengthAreNoticed() throws Exception {
        String same = "printf 123 > \"$PLACE/main/a\" && touch -r \"$PLACE/stamp\" \"$PLACE/main/a\"";
        try (ObjectStore store = storeWhere("touch \"$PLACE/stamp\"; " + SEND + "; " + same + "; exit 0")) {
            assertThatThrownBy(() -> put(store, "main/a", OURS)).isInstanceOf(ObjectExists.class);
        }
    }

    @Test
    void aStatusThatTellsOfAFailureAfterTheReceiversWordIsNoFailure() throws Exception {
        try (ObjectStore store = storeWhere(SEND + "; exit 12")) {
            put(store, "main/a", OURS);

            assertThat(read(store, "main/a")).isEqualTo(OURS);
        }
    }

    @Test
    void whatStandsThereWithoutTheReceiversWordIsUnavailableAndFoundByTheNextTry() throws Exception {
        String unconfirmed = "\"$RSYNC\" $(echo \"$@\" | sed s/--remove-source-files//); exit 12";
        try (ObjectStore store = storeWhere(unconfirmed)) {
            assertThatThrownBy(() -> put(store, "main/a", OURS))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("it is unknown who wrote it");
        }
        newPlace();
        String firstTime = "if mkdir \"$PLACE.tried\"; then " + unconfirmed + "; else exec " + SEND + "; fi";
        try (ObjectStore store =
                new RetryingStore(storeWhere(firstTime), RETRIES, ElapsedTime.SYSTEM, Rounds.random())) {
            put(store, "main/a", OURS);
            assertThatThrownBy(() -> put(store, "main/a", OURS)).isInstanceOf(ObjectExists.class);
        }
        assertThat(stored()).isEqualTo(OURS);
    }

    @Test
    void aFailureOverAnotherWritersObjectIsThatItExists() throws Exception {
        try (ObjectStore store = storeWhere(OTHER + "; exit 11")) {
            assertThatThrownBy(() -> put(store, "main/a", OURS)).isInstanceOf(ObjectExists.class);
        }
        assertThat(stored()).asString().isEqualTo("other");
    }

    @Test
    void fullAndDeniedAreSaidOnlyOfWhatIsKnownNotToStandThere() throws Exception {
        String full = "echo 'rsync: [receiver] write failed on \"main/a\": No space left on device (28)' >&2; exit 11";
        String denied = "echo 'rsync: [receiver] mkstemp \"main/.a.x\" failed: Permission denied (13)' >&2; exit 23";

        try (ObjectStore store = storeWhere(full)) {
            assertThatThrownBy(() -> put(store, "main/a", OURS)).isInstanceOf(StorageFull.class);
        }
        try (ObjectStore store = storeWhere(denied)) {
            assertThatThrownBy(() -> put(store, "main/a", OURS)).isInstanceOf(StorageDenied.class);
        }
        for (String failure : new String[] {full, denied}) {
            try (ObjectStore store = storeWhere(failure, "exit 12")) {
                assertThatThrownBy(() -> put(store, "main/a", OURS)).isInstanceOf(StorageUnavailable.class);
            }
            try (ObjectStore store = storeWhere(SEND + "; " + failure)) {
                put(store, "main/a", OURS);
                assertThat(stored()).isEqualTo(OURS);
                Files.delete(place.resolve("main/a"));
            }
        }
    }

    @Test
    void whatIsGoneAgainWasNotStored() throws Exception {
        try (ObjectStore store = storeWhere(SEND + "; rm \"$PLACE/main/a\"; exit 0")) {
            assertThatThrownBy(() -> put(store, "main/a", OURS))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("stored and then removed");
        }
    }

    @Test
    void aComparisonThatSaysNothingProvesNothing() throws Exception {
        try (ObjectStore store = storeWhere("exec " + SEND, "exit 0")) {
            assertThatThrownBy(() -> put(store, "main/a", OURS))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("rsync reported nothing about the file");
        }
    }

    @Test
    void anEmptyDirectoryInItsPlaceIsNotAnObjectThatExists() throws Exception {
        Files.createDirectories(place.resolve("main/a"));
        try (ObjectStore store = places.store(place)) {
            assertThatThrownBy(() -> put(store, "main/a", OURS))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("is a directory or a link");
            assertThat(keys(store, "")).isEmpty();
        }
    }

    @Test
    void anObjectIsReadByItsOwnerAlone() throws Exception {
        try (RsyncObjectStore store = places.store(place)) {
            put(store, "main/wal/a", new byte[1]);
        }

        assertThat(mode("main")).isEqualTo("rwx------");
        assertThat(mode("main/wal")).isEqualTo("rwx------");
        assertThat(mode("main/wal/a")).isEqualTo("rw-------");
    }

    private String mode(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(place.resolve(path)));
    }
}
