// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.fetch.Recovery;
import org.tidemark.archiver.fetch.WalFetcher;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;

class FetchFaultsTest {
    @TempDir
    private Path directory;

    @Test
    void whereverTheStoreFailsNoWrongByteIsDeliveredAndNothingIsCalledAbsentThatIsThere() throws IOException {
        FaultLoop.Tried tried =
                FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), new Fetches(directory), Rounds.of(3, 1));

        assertThat(tried.operations()).isGreaterThanOrEqualTo(30);
    }

    /** Asks as a recovery to timeline 2 does, for what is there, for what is not, and for what must be. */
    private static final class Fetches implements FaultLoop.Scenario {
        private final PushedWal wal;
        private final Path target;
        private final List<Exception> failures = new ArrayList<>();

        private final ObjectStore pushed = new MemoryStore(Clock.systemUTC());

        Fetches(Path directory) throws IOException {
            this.wal = new PushedWal(directory);
            this.target = directory.resolve("RECOVERYXLOG");
            PushedWal.prepare(pushed);
            for (WalFile file : wal.content().keySet()) {
                if (!file.equals(PushedWal.FIRST)) {
                    wal.push(file, pushed);
                }
            }
        }

        @Override
        public void prepare(ObjectStore healthy) throws IOException {
            StoreCopy.copy(pushed, healthy);
        }

        @Override
        public void run(ObjectStore store) throws Exception {
            failures.clear();
            delivered(store, PushedWal.HISTORY, wal.of(PushedWal.HISTORY));
            delivered(store, PushedWal.BACKUP_HISTORY, wal.of(PushedWal.BACKUP_HISTORY));
            delivered(store, PushedWal.SECOND, wal.of(PushedWal.SECOND));
            delivered(store, PushedWal.FIRST_OF_CHILD, wal.of(PushedWal.FIRST_OF_CHILD));
            absent(store, WalFile.parse("00000003.history"));
            absent(store, WalFile.parse("000000020000000000000004"));
            missing(store, PushedWal.FIRST);
            if (!failures.isEmpty()) {
                throw failures.getFirst();
            }
        }

        private void delivered(ObjectStore store, WalFile file, byte[] content) throws Exception {
            Optional<FetchResult> result = fetch(store, file);
            if (result.isEmpty()) {
                assertThat(target).doesNotExist();
                return;
            }
            assertThat(result.get()).as(file.name()).isInstanceOf(FetchResult.Restored.class);
            assertThat(Files.readAllBytes(target)).as(file.name()).isEqualTo(content);
            Files.delete(target);
        }

        private void absent(ObjectStore store, WalFile file) throws Exception {
            Optional<FetchResult> result = fetch(store, file);
            assertThat(target).doesNotExist();
            if (result.isPresent()) {
                assertThat(result.get()).as(file.name()).isInstanceOf(FetchResult.Absent.class);
            }
        }

        /** Later WAL is archived, so this recovery must not end here, whatever else fails. */
        private void missing(ObjectStore store, WalFile file) throws Exception {
            int before = failures.size();
            Optional<FetchResult> result = fetch(store, file);
            assertThat(result).as(file.name()).isEmpty();
            if (failures.getLast() instanceof UserFacingException e && e.exitCode() == ExitCode.WAL_MISSING) {
                failures.subList(before, failures.size()).clear();
            }
        }

        private Optional<FetchResult> fetch(ObjectStore store, WalFile file) throws Exception {
            FetchRequest request = new FetchRequest(
                    file,
                    target,
                    PushedWal.SYSTEM,
                    PushedWal.SIZE,
                    new Recovery(
                            target.resolveSibling("pg_wal"), Optional.of(new Timeline(2)), Recovery.Absence.AT_THE_END),
                    new FetchRequest.Patience(Duration.ZERO),
                    () -> {});
            WalFetcher fetcher = new WalFetcher(List.of(
                    new WalSource("memory", () -> PushedWal.archive(store).wal())));
            try {
                return Optional.of(fetcher.fetch(request));
            } catch (UserFacingException e) {
                failures.add(e);
                return Optional.empty();
            }
        }

        @Override
        public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
            assertThat(target).doesNotExist();
            try (var left = Files.list(target.getParent())) {
                assertThat(left).noneMatch(file -> file.toString().contains(".tidemark-"));
            }
        }
    }
}
