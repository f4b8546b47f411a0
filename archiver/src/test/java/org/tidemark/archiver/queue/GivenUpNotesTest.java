// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.tidemark.archiver.ArchiveFixture.CLUSTER;
import static org.tidemark.archiver.ArchiveFixture.SIZE;
import static org.tidemark.archiver.ArchiveFixture.SYSTEM;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.TwoRepositories;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

class GivenUpNotesTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir
    private Path directory;

    private GivenUpNotes notes() {
        return GivenUpNotes.of(directory.resolve("spool"), CLUSTER, SYSTEM);
    }

    private static GivenUpWal given(int timeline, int first, int last) {
        return new GivenUpWal(segment(timeline, first), segment(timeline, last), NOON, "db1", "no repository took it");
    }

    private void giveUp(Segment segment) throws IOException {
        notes().add(new GivenUpWal(segment, segment, NOON, "db1", "no repository took it"), SIZE);
    }

    @Test
    void whatTouchesIsOneRangeAndTimelinesAreNotMixed() throws IOException {
        assertThat(notes().isEmpty()).isTrue();

        giveUp(segment(1, 5));
        giveUp(segment(1, 6));
        giveUp(segment(1, 6));
        giveUp(segment(2, 7));
        giveUp(segment(1, 9));
        giveUp(segment(1, 7));
        giveUp(segment(1, 8));

        assertThat(notes().isEmpty()).isFalse();
        assertThat(notes().list()).containsExactly(given(1, 5, 9), given(2, 7, 7));
    }

    @Test
    void eachRepositoryGetsANoteOnceAndItIsForgottenWhenAllHaveIt() throws IOException {
        TwoRepositories both =
                new TwoRepositories(directory, new MemoryStore(Clock.systemUTC()), new MemoryStore(Clock.systemUTC()));
        List<RepositoryId> ids = List.of(both.ids);
        giveUp(segment(1, 5));

        notes().deliver(both.archive(0));
        notes().deliver(both.archive(0));
        notes().settle(ids);
        assertThat(notes().list()).containsExactly(given(1, 5, 5));
        assertThat(both.archive(0).wal().gaps().givenUp()).containsExactly(given(1, 5, 5));
        assertThat(both.archive(1).wal().gaps().givenUp()).isEmpty();

        giveUp(segment(1, 6));
        notes().deliver(both.archive(1));
        notes().settle(ids);
        assertThat(notes().list()).as("the first repository knows less").hasSize(1);
        notes().deliver(both.archive(0));
        notes().settle(ids);

        assertThat(notes().isEmpty()).isTrue();
        assertThat(both.archive(0).wal().gaps().givenUp()).containsExactly(given(1, 5, 5), given(1, 5, 6));
        assertThat(both.archive(1).wal().gaps().givenUp()).containsExactly(given(1, 5, 6));
    }

    /** The next push tells the repository before it stores anything newer. */
    @Test
    void aPushDeliversAndForgets() throws IOException {
        ArchiveFixture fixture = new ArchiveFixture(directory);
        fixture.push(segment(1, 4));
        GivenUpNotes.of(fixture.data, CLUSTER, SYSTEM)
                .add(new GivenUpWal(segment(1, 5), segment(1, 6), NOON, "db1", "no repository took it"), SIZE);

        fixture.push(segment(1, 7));

        assertThat(GivenUpNotes.of(fixture.data, CLUSTER, SYSTEM).isEmpty()).isTrue();
        var inventory = fixture.archive().wal().inventory();
        assertThat(inventory.holes()).hasSize(1);
        assertThat(inventory.whyMissing(inventory.holes().getFirst())).contains(given(1, 5, 6));
    }

    /** A quota, or credentials for some keys alone. */
    private static final class RefusingStore extends DelegatingStore {
        private String refused = "";

        RefusingStore() {
            super(new MemoryStore(Clock.systemUTC()));
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
            if (!refused.isEmpty() && key.value().contains(refused)) {
                throw new StorageDenied("'" + key + "' may not be stored", null);
            }
            super.putIfAbsent(key, source);
        }
    }

    /** Each segment makes another range: a store would fill with them, and their readers would read them all. */
    @Test
    void aRepositoryThatTakesNotesAndNoWalGetsNoNotes() throws IOException {
        RefusingStore store = new RefusingStore();
        ArchiveFixture fixture = new ArchiveFixture(directory, store);
        fixture.push(segment(1, 4));
        GivenUpNotes notes = GivenUpNotes.of(fixture.data, CLUSTER, SYSTEM);
        store.refused = "/wal/";
        for (int i = 5; i < 9; i++) {
            Segment segment = segment(1, i);
            assertThatExceptionOfType(StorageDenied.class).isThrownBy(() -> fixture.push(segment));
            notes.add(new GivenUpWal(segment, segment, NOON, "db1", "it was denied"), SIZE);
        }
        assertThat(fixture.archive().wal().gaps().givenUp()).isEmpty();

        store.refused = "";
        fixture.push(segment(1, 9));

        assertThat(fixture.archive().wal().gaps().givenUp()).hasSize(1);
        assertThat(notes.isEmpty()).isTrue();
    }

    /** It only says why there is a hole. */
    @Test
    void aNoteThatARepositoryDeniesKeepsNoWalBackAndStaysOnTheHost() throws IOException {
        RefusingStore store = new RefusingStore();
        ArchiveFixture fixture = new ArchiveFixture(directory, store);
        fixture.push(segment(1, 4));
        GivenUpNotes notes = GivenUpNotes.of(fixture.data, CLUSTER, SYSTEM);
        notes.add(new GivenUpWal(segment(1, 5), segment(1, 5), NOON, "db1", "no repository took it"), SIZE);
        store.refused = "/gap/";

        fixture.push(segment(1, 6));

        assertThat(fixture.archive().wal().contains(segment(1, 6))).isTrue();
        assertThat(notes.list()).hasSize(1);
    }

    @Test
    void aDamagedNoteIsStillOneOfItsSegments() throws IOException {
        giveUp(segment(1, 5));
        Path file;
        try (var files = Files.walk(directory)) {
            file = files.filter(each -> each.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(file, "nonsense");

        assertThat(notes().list()).singleElement().satisfies(note -> {
            assertThat(note.first()).isEqualTo(segment(1, 5));
            assertThat(note.last()).isEqualTo(segment(1, 5));
            assertThat(note.why()).contains("damaged");
        });
    }

    @Test
    void aTryIsAMomentAgoForAWhileAndNeverInTheFuture() throws IOException {
        Clock noon = Clock.fixed(NOON, ZoneOffset.UTC);
        Duration while30 = Duration.ofSeconds(30);
        assertThat(notes().hasTriedWithin(while30, noon)).isFalse();

        notes().tried(noon);

        assertThat(notes().isEmpty()).as("a try is no note").isTrue();
        assertThat(notes().hasTriedWithin(while30, Clock.offset(noon, Duration.ofSeconds(29))))
                .isTrue();
        assertThat(notes().hasTriedWithin(while30, Clock.offset(noon, Duration.ofSeconds(30))))
                .isFalse();
        assertThat(notes().hasTriedWithin(while30, Clock.offset(noon, Duration.ofSeconds(-1))))
                .isFalse();
    }
}
