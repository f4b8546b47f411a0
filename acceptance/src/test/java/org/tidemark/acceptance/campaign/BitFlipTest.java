// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.fetch.Recovery;
import org.tidemark.archiver.fetch.WalFetcher;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

/**
 * No flipped bit of a repository goes unnoticed: every reader of what it is part of and every verification reports it.
 */
@InTurn
class BitFlipTest {
    private static final System.Logger LOG = System.getLogger(BitFlipTest.class.getName());

    @TempDir
    private Path directory;

    private SystemIdentifier system = new SystemIdentifier(1);
    private WalFile archived = WalFile.parse("000000010000000000000001");
    private SortedMap<String, String> intact = new TreeMap<>();
    private int bundlesTried;
    private int bundlesRefused;

    @Test
    void whicheverBitTurnsOverVerificationNamesTheObjectAndNobodyIsGivenWrongData() throws Exception {
        Path root = directory.resolve("repository");
        ObjectStore store = build(root);
        RecoveredDirectory target = new RecoveredDirectory(directory.resolve("target"));
        target.empty();
        target.recover(store, system, Optional.empty());
        intact = target.content();
        assertThat(verify(store).findings()).isEmpty();
        List<Place> places = places(root, Rounds.random(), Rounds.of(60, 1_000));

        checkIntact(store, places);

        for (Place place : places) {
            LOG.log(System.Logger.Level.DEBUG, place.toString());
            place.flip(root);
            checkDamaged(store, place, target);
            place.flip(root);
        }

        assertThat(bundlesRefused).as("nearly all of a bundle is frames").isGreaterThan(bundlesTried / 2);
        assertThat(verify(store).findings()).isEmpty();
        target.empty();
        target.recover(store, system, Optional.empty());
        assertThat(target.content()).isEqualTo(intact);
    }

    /** A backup and a mark of it, WAL before and after a promotion, and the other files that PostgreSQL archived. */
    private ObjectStore build(Path root) throws IOException {
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        provider.createRoot(root.toUri(), Map.of());
        ObjectStore store = provider.open(root.toUri(), Map.of());
        try (ArchivingServer server =
                new ArchivingServer(PostgresBinaries.embedded(17), Files.createDirectory(directory.resolve("work")))) {
            system = server.source().system();
            server.source().register(store);
            archived = server.source().backup(store, store).walFirst();
            server.server().sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
            server.server().archiveCurrentSegment(Duration.ofMinutes(1));
            server.server().sql("INSERT INTO t SELECT i FROM generate_series(1, 1000) i");
            server.promote();
            server.server().archiveCurrentSegment(Duration.ofMinutes(1));
            server.source().push(store);
        }
        // Sets the mark.
        Verifier verifier = new Verifier(
                store,
                PrivateKeys.NONE,
                new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2),
                Clock.systemUTC(),
                (o, b) -> {});
        assertThat(verifier.verifyRepository().isSound()).isTrue();
        return store;
    }

    /** What is expected to fail below, does not fail for another reason. */
    private void checkIntact(ObjectStore store, List<Place> places) throws Exception {
        Path delivered = directory.resolve("RECOVERYXLOG");
        for (Place place : places) {
            if (place.kind() == ObjectKind.HISTORY || place.kind().reader() == ObjectKind.Reader.FETCH) {
                assertThat(fetch(store, walFile(place), delivered))
                        .as(place.toString())
                        .isInstanceOf(FetchResult.Restored.class);
                Files.delete(delivered);
            }
        }
        assertThat(fetch(store, archived, delivered)).isInstanceOf(FetchResult.Restored.class);
        Files.delete(delivered);
    }

    private void checkDamaged(ObjectStore store, Place place, RecoveredDirectory target) throws IOException {
        assertThat(verify(store).findings())
                .as(place.toString())
                .filteredOn(finding -> finding.severity() == Severity.PROBLEM)
                .extracting(ObjectFinding::key)
                .contains(place.key());
        switch (place.kind().reader()) {
            case EVERYBODY -> {
                checkNotRecovered(store, place, target);
                checkNotFetched(store, place, place.kind() == ObjectKind.HISTORY ? walFile(place) : archived);
            }
            case RECOVER -> checkNotRecovered(store, place, target);
            case RECOVER_FRAMES -> checkNotRecoveredOrIntact(store, place, target);
            case FETCH -> checkNotFetched(store, place, walFile(place));
            case VERIFY_ALONE -> {}
        }
    }

    /** What PostgreSQL asks for to get an object. */
    private static WalFile walFile(Place place) {
        return WalFile.parse(place.key().name().replaceFirst("\\.partial-.*", ".partial"));
    }

    private void checkNotRecovered(ObjectStore store, Place place, RecoveredDirectory target) throws IOException {
        target.empty();

        assertThatThrownBy(() -> target.recover(store, system, Optional.empty()), "%s", place)
                .isInstanceOf(Exception.class);

        assertThat(target.isStartable()).as(place.toString()).isFalse();
    }

    private void checkNotRecoveredOrIntact(ObjectStore store, Place place, RecoveredDirectory target)
            throws IOException {
        target.empty();
        bundlesTried++;

        Throwable refusal = catchThrowable(() -> target.recover(store, system, Optional.empty()));

        if (refusal == null) {
            assertThat(target.content()).as(place.toString()).isEqualTo(intact);
        } else {
            bundlesRefused++;
            assertThat(refusal).as(place.toString()).isInstanceOf(Exception.class);
            assertThat(target.isStartable()).as(place.toString()).isFalse();
        }
    }

    private void checkNotFetched(ObjectStore store, Place place, WalFile file) {
        Path delivered = directory.resolve("RECOVERYXLOG");

        assertThatThrownBy(() -> fetch(store, file, delivered), "%s", place).isInstanceOf(Exception.class);

        assertThat(delivered).as(place.toString()).doesNotExist();
    }

    private FetchResult fetch(ObjectStore store, WalFile file, Path delivered) throws InterruptedException {
        FetchRequest request = new FetchRequest(
                file,
                delivered,
                system,
                ClusterSource.SEGMENT_SIZE,
                new Recovery(directory.resolve("pg_wal"), Optional.empty(), Recovery.Absence.AT_THE_END),
                new FetchRequest.Patience(Duration.ZERO),
                () -> {});
        WalSource source = new WalSource(
                "repository", () -> ClusterSource.archive(store, system).wal());
        return new WalFetcher(List.of(source)).fetch(request);
    }

    private static VerifyReport verify(ObjectStore store) throws IOException {
        Verifier.Options everything = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        return new Verifier(
                        new Unchanging(store), PrivateKeys.NONE, everything, Clock.systemUTC(), (objects, bytes) -> {})
                .verifyRepository();
    }

    /** Keeps a verification from adding marks. */
    private static final class Unchanging extends DelegatingStore {
        Unchanging(ObjectStore store) {
            super(store);
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) {}
    }

    /** Every kind as often as another, at random places of random objects. */
    private static List<Place> places(Path root, Random random, int count) throws IOException {
        Map<ObjectKind, List<ObjectKey>> objects = new EnumMap<>(ObjectKind.class);
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                ObjectKey key = new ObjectKey(root.relativize(file).toString());
                objects.computeIfAbsent(ObjectKind.of(key), kind -> new ArrayList<>())
                        .add(key);
            }
        }
        assertThat(objects.keySet()).containsAll(EnumSet.complementOf(EnumSet.of(ObjectKind.WAITING_BACKUP)));
        List<ObjectKind> kinds = List.copyOf(objects.keySet());
        List<Place> places = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            ObjectKind kind = kinds.get(number % kinds.size());
            List<ObjectKey> ofKind = objects.getOrDefault(kind, List.of());
            ObjectKey key = ofKind.get(random.nextInt(ofKind.size()));
            long bits = 8 * Files.size(root.resolve(key.value()));
            places.add(new Place(kind, key, random.nextLong(bits)));
        }
        return places;
    }

    /** @param bit from 0, eight to a byte */
    private record Place(ObjectKind kind, ObjectKey key, long bit) {
        void flip(Path root) throws IOException {
            try (RandomAccessFile file =
                    new RandomAccessFile(root.resolve(key.value()).toFile(), "rw")) {
                file.seek(bit / 8);
                int old = file.read();
                file.seek(bit / 8);
                file.write(old ^ (1 << (bit % 8)));
            }
        }

        @Override
        public String toString() {
            return "bit " + bit % 8 + " of byte " + bit / 8 + " of '" + key + "'";
        }
    }
}
