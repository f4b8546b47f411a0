// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.RejectedContent;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.wal.WalArchive.PutOutcome;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.testkit.FaultLoop;

/** Content that an operator rejected: other content takes its place, and nothing is overwritten. */
class RejectedWalTest {
    private static final WalFile.Segment SEGMENT = Samples.segment("00000001000000A900000065");
    private static final WalFile.Segment NEXT = Samples.segment("00000001000000A900000066");

    private final ObjectStore store = new MemoryStore(Samples.CLOCK);

    @Test
    void whatIsRejectedIsAbsentAndOtherContentIsStoredBesideIt() throws IOException {
        put(store, SEGMENT, "wrong");
        put(store, NEXT, "next");
        byte[] before = bytes(store, SEGMENT);

        reject(store, SEGMENT, "wrong");

        WalArchive archive = archive(new RepairedStore(store));
        assertThat(archive.open(SEGMENT)).isEmpty();
        assertThat(archive.contains(SEGMENT)).isFalse();
        assertThat(archive.listing().first(Timeline.FIRST)).contains(NEXT);
        assertThat(archive.listing().firstMissing(SEGMENT, NEXT)).contains(SEGMENT);
        assertThat(archive.inventory().timelines().getFirst().runs())
                .singleElement()
                .satisfies(run -> assertThat(run.first()).isEqualTo(NEXT));

        assertThat(put(store, SEGMENT, "right")).isEqualTo(PutOutcome.STORED);

        assertThat(read(SEGMENT)).isEqualTo("right");
        assertThat(put(store, SEGMENT, "right")).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(bytes(store, SEGMENT)).as("nothing is overwritten").isEqualTo(before);
    }

    @Test
    void theServerWhoseContentWasRejectedIsToldSo() throws IOException {
        put(store, SEGMENT, "wrong");
        reject(store, SEGMENT, "wrong");

        assertThatThrownBy(() -> put(store, SEGMENT, "wrong"))
                .isInstanceOf(WalConflictException.class)
                .hasMessageContaining("was rejected with wal-resolve on host 'somewhere'");
        put(store, SEGMENT, "right");
        assertThatThrownBy(() -> put(store, SEGMENT, "wrong")).isInstanceOf(WalConflictException.class);
    }

    /** What was searched is searched again, also if the sizes are the same. */
    @Test
    void aListInWhichOtherContentCountsHasAnotherDigest() throws IOException {
        put(store, SEGMENT, "wrong");
        put(store, NEXT, "next");
        Optional<Sha256> before = digestOfList();
        assertThat(before).isPresent().isEqualTo(digestOfList());
        reject(store, SEGMENT, "wrong");
        assertThat(digestOfList()).isEmpty();

        put(store, SEGMENT, "right");

        assertThat(digestOfList()).isPresent().isNotEqualTo(before);
    }

    private Optional<Sha256> digestOfList() throws IOException {
        return Repository.create(store, Samples.CLOCK)
                .withRepairs()
                .register(Samples.IDENTITY, Samples.CLOCK)
                .wal()
                .listing()
                .digest(SEGMENT, NEXT);
    }

    @Test
    void aDecisionCanBeTakenBack() throws IOException {
        put(store, SEGMENT, "one");
        reject(store, SEGMENT, "one");
        put(store, SEGMENT, "two");

        reject(store, SEGMENT, "two");
        put(store, SEGMENT, "one");

        assertThat(read(SEGMENT)).isEqualTo("one");
        assertThatThrownBy(() -> put(store, SEGMENT, "two")).isInstanceOf(WalConflictException.class);
    }

    @Test
    void aFreeNameIsNotRejectedAgain() throws IOException {
        put(store, SEGMENT, "wrong");
        reject(store, SEGMENT, "wrong");
        reject(store, SEGMENT, "wrong");
        put(store, SEGMENT, "right");

        assertThat(read(SEGMENT)).isEqualTo("right");
        assertThat(store.list(Samples.IDENTITY.keys().repaired(), Optional.empty(), 10)
                        .objects())
                .extracting(ObjectInfo::key)
                .containsExactly(
                        Samples.IDENTITY.keys().rejection(key(SEGMENT), 1),
                        Samples.IDENTITY.keys().repaired(key(SEGMENT), 2));
    }

    /** Two servers are free to store: the one that is first keeps the name, as with any name. */
    @Test
    void ofTwoThatComeAfterARejectionTheFirstOneCounts() throws IOException {
        put(store, SEGMENT, "wrong");
        reject(store, SEGMENT, "wrong");
        put(store, SEGMENT, "first");

        assertThatThrownBy(() -> put(store, SEGMENT, "second")).isInstanceOf(WalConflictException.class);
        assertThat(read(SEGMENT)).isEqualTo("first");
    }

    /** A rejection and a copy of the same number: the writer of the copy did not know of the rejection. */
    @Test
    void aRejectionCountsAfterACopyOfTheSameNumber() throws IOException {
        put(store, SEGMENT, "wrong");
        reject(store, SEGMENT, "wrong");
        store.putIfAbsent(Samples.IDENTITY.keys().repaired(key(SEGMENT), 1), ObjectSource.of(bytes(store, SEGMENT)));

        assertThat(archive(new RepairedStore(store)).open(SEGMENT)).isEmpty();
    }

    @Test
    void aDamagedObjectIsReplacedByTheSameContent() throws IOException {
        put(store, SEGMENT, "content");
        byte[] damaged = bytes(store, SEGMENT);
        damaged[damaged.length - 1] ^= 1;
        store.delete(List.of(key(SEGMENT)));
        store.putIfAbsent(key(SEGMENT), ObjectSource.of(damaged));
        assertThatThrownBy(() -> put(store, SEGMENT, "content")).isInstanceOf(DamagedObjectException.class);

        new RepairedStore(store).reject(key(SEGMENT), rejected(Optional.empty()));

        assertThat(put(store, SEGMENT, "content")).isEqualTo(PutOutcome.STORED);
        assertThat(read(SEGMENT)).isEqualTo("content");
    }

    /** A push finds the copy that sync stored beside a damaged object. */
    @Test
    void aRepairedObjectIsThereAlready() throws IOException {
        put(store, SEGMENT, "content");
        byte[] whole = bytes(store, SEGMENT);
        byte[] damaged = whole.clone();
        damaged[damaged.length - 1] ^= 1;
        store.delete(List.of(key(SEGMENT)));
        store.putIfAbsent(key(SEGMENT), ObjectSource.of(damaged));
        new RepairedStore(store).repair(key(SEGMENT), ObjectSource.of(whole));

        assertThat(put(store, SEGMENT, "content")).isEqualTo(PutOutcome.ALREADY_THERE);
    }

    /** A page of a listing may have nothing else. */
    @Test
    void manyRejectedObjectsHideNothingAfterThem() throws IOException {
        List<WalFile.Segment> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(Samples.segment("00000001000000A90000007" + i));
            put(store, all.get(i), "wrong");
            reject(store, all.get(i), "wrong");
        }
        put(store, Samples.segment("00000001000000A900000079"), "right");

        RepairedStore view = new RepairedStore(store);
        assertThat(view.list(Samples.IDENTITY.keys().wal(), Optional.empty(), 2).objects())
                .singleElement()
                .satisfies(object -> assertThat(object.key().name()).isEqualTo("00000001000000A900000079"));
        assertThat(archive(view).listing().timelines()).containsExactly(Timeline.FIRST);
    }

    @Test
    void anExpiryDeletesRejectedContentBeforeWhatRejectsIt() throws IOException {
        put(store, SEGMENT, "wrong");
        reject(store, SEGMENT, "wrong");
        put(store, SEGMENT, "right");
        List<ObjectKey> deleted = new ArrayList<>();
        ObjectStore noting = new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                deleted.addAll(keys);
                super.delete(keys);
            }
        };

        new RepairedStore(noting).delete(List.of(key(SEGMENT)));

        assertThat(deleted.getFirst()).isEqualTo(key(SEGMENT));
        assertThat(store.list(Samples.IDENTITY.keys().repaired(), Optional.empty(), 10)
                        .objects())
                .isEmpty();
        assertThat(store.stat(key(SEGMENT))).isEmpty();
    }

    /** A process that lives for long finds out, as soon as what it knows is too old. */
    @Test
    void aReaderFollowsADecisionThatIsTakenLater() throws IOException {
        put(store, SEGMENT, "wrong");
        RepairedStore known = new RepairedStore(store);
        RepairedStore doubting = new RepairedStore(store, Duration.ZERO);
        assertThat(known.stat(key(SEGMENT))).isPresent();
        assertThat(doubting.stat(key(SEGMENT))).isPresent();

        reject(store, SEGMENT, "wrong");

        assertThat(known.stat(key(SEGMENT))).isPresent();
        assertThat(known.changes()).isZero();
        assertThat(doubting.stat(key(SEGMENT))).isEmpty();
        known.look();
        assertThat(known.changes()).isOne();
        assertThat(known.stat(key(SEGMENT))).isEmpty();
    }

    @Test
    void whereverItFailsNoReaderGetsTheRejectedContentOnceItIsRejected() {
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Samples.CLOCK), new FaultLoop.Scenario() {
            @Override
            public void prepare(ObjectStore healthy) throws IOException {
                put(healthy, SEGMENT, "wrong");
            }

            @Override
            public void run(ObjectStore faulty) throws IOException {
                RepairedStore view = new RepairedStore(faulty);
                if (!isRight(view)) {
                    try {
                        view.reject(key(SEGMENT), rejected(Optional.of(digest("wrong"))));
                    } catch (ObjectExists e) {
                        // By the attempt before, whose answer was lost.
                    }
                }
                put(faulty, SEGMENT, "right");
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
                assertThat(RejectedWalTest.read(healthy, SEGMENT))
                        .isIn(
                                failure.isEmpty()
                                        ? List.of(Optional.of("right"))
                                        : List.of(Optional.of("right"), Optional.empty(), Optional.of("wrong")));
                boolean rejected = !healthy.list(Samples.IDENTITY.keys().repaired(), Optional.empty(), 1)
                        .objects()
                        .isEmpty();
                if (rejected) {
                    assertThat(RejectedWalTest.read(healthy, SEGMENT)).isNotEqualTo(Optional.of("wrong"));
                }
                assertThat(bytes(healthy, SEGMENT)).isNotEmpty();
            }
        });

        assertThat(tried.operations()).isGreaterThanOrEqualTo(6);
    }

    private static boolean isRight(ObjectStore view) throws IOException {
        return read(view, SEGMENT).equals(Optional.of("right"));
    }

    private static RejectedContent rejected(Optional<Sha256> content) {
        return new RejectedContent(content, Samples.CLOCK.instant(), "somewhere");
    }

    private static void reject(ObjectStore store, WalFile.Segment segment, String content) throws IOException {
        new RepairedStore(store).reject(key(segment), rejected(Optional.of(digest(content))));
    }

    private static Sha256 digest(String content) {
        return Sha256.of(content.getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectKey key(WalFile.Segment segment) {
        return Samples.IDENTITY.keys().of(segment);
    }

    private static WalArchive archive(ObjectStore store) throws IOException {
        return Repository.create(store, Samples.CLOCK)
                .register(Samples.IDENTITY, Samples.CLOCK)
                .wal();
    }

    private static PutOutcome put(ObjectStore store, WalFile.Segment segment, String content) throws IOException {
        try (EncodedObject encoded = Samples.encoded(segment, content.getBytes(StandardCharsets.UTF_8))) {
            return archive(store).put(segment, encoded);
        }
    }

    private String read(WalFile.Segment segment) throws IOException {
        return read(store, segment).orElseThrow();
    }

    private static Optional<String> read(ObjectStore store, WalFile.Segment segment) throws IOException {
        Optional<DecodedObject> found = archive(new RepairedStore(store)).open(segment);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (DecodedObject open = found.get()) {
            return Optional.of(new String(open.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static byte[] bytes(ObjectStore store, WalFile.Segment segment) throws IOException {
        return store.open(key(segment), ByteRange.ALL).readAllBytes();
    }
}
