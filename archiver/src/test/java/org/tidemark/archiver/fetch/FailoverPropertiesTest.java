// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.archiver.ArchiveFixture.SIZE;
import static org.tidemark.archiver.ArchiveFixture.SYSTEM;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.fetch.Answer.CouldNotTellException;
import org.tidemark.archiver.fetch.FetchRound.Reading;
import org.tidemark.archiver.fetch.HedgedRequest.Limits;
import org.tidemark.archiver.fetch.ScriptedSource.Content;
import org.tidemark.archiver.fetch.ScriptedSource.Script;
import org.tidemark.archiver.fetch.ScriptedSource.Wait;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.WalFixtures;

/**
 * Random casts of repositories. With limits that nobody reaches, what is answered is known beforehand; with limits that
 * many reach, it is only known what must not be answered.
 */
@InTurn
class FailoverPropertiesTest {
    private static final Duration NEVER = Duration.ofSeconds(30);
    private static final Segment WANTED = segment(1, 2);

    @TempDir
    private Path directory;

    private final List<byte[]> contents = new ArrayList<>();
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());

    /** What the asking of one question came to. */
    sealed interface Outcome {
        record Found(String from, List<String> passedOver) implements Outcome {}

        record Absent() implements Outcome {}

        record Unknown(Map<String, String> messages) implements Outcome {}

        record Fault(Throwable exception) implements Outcome {}
    }

    private final class Round {
        final int number;
        final Random random;
        final boolean hurried;
        final CountDownLatch end = new CountDownLatch(1);
        final Path target;
        final List<ScriptedSource> cast = new ArrayList<>();
        List<String> order;
        private final boolean allAtOnce;
        private boolean another;
        final Optional<BooleanSupplier> alternative;
        final boolean asFile;
        final Limits limits;
        final RepositoryFailover asked;

        Round(int number, Random random, boolean hurried) throws IOException {
            this.number = number;
            this.random = random;
            this.hurried = hurried;
            target = Files.createDirectory(directory.resolve("round" + number)).resolve("RECOVERYXLOG");
            boolean streams = random.nextBoolean();
            alternative = random.nextBoolean() ? Optional.empty() : Optional.of(() -> streams);
            asFile = random.nextBoolean();
            limits = hurried
                    ? new Limits(millis(1, 10), millis(5, 30), millis(2, 15), millis(15, 40), millis(1, 5))
                    : new Limits(random.nextBoolean() ? millis(1, 10) : NEVER, NEVER, NEVER, NEVER, NEVER);
            int count = 1 + random.nextInt(4);
            boolean mayHang = hurried
                    ? count > 1 || (streams && alternative.isPresent())
                    : count > 1 && !limits.hedgeDelay().equals(NEVER);
            for (int i = 0; i < count; i++) {
                ScriptedSource source = new ScriptedSource(
                        "round" + number + "-" + i, contents.get(i), archive(), end, script(mayHang));
                if ((hurried || limits.hedgeDelay().equals(NEVER)) && random.nextInt(3) == 0) {
                    source.memory.silent();
                    source.memory.silences = 1 + random.nextInt(4);
                }
                cast.add(source);
            }
            // Where nobody is ever abandoned, one that hangs is only outdone by one that delivers.
            if (!hurried && cast.stream().noneMatch(each -> each.script.delivers(asFile))) {
                cast.stream().filter(each -> !each.script.ends()).forEach(each -> each.script = script(false));
            }
            order = inOrder();
            allAtOnce = alternative.isPresent() && cast.stream().allMatch(each -> each.memory.silent);
            asked = new RepositoryFailover(
                    cast.stream().map(ScriptedSource::source).toList(), alternative, limits);
        }

        /** The repositories that hang do so still. */
        void askForAnother() throws IOException {
            Files.deleteIfExists(target);
            another = true;
            boolean mayHang = cast.size() > 1
                    || alternative.filter(BooleanSupplier::getAsBoolean).isPresent();
            cast.forEach(each -> each.script = script(mayHang));
            order = inOrder();
        }

        private List<String> inOrder() {
            return cast.stream()
                    .sorted(Comparator.comparing(each -> each.memory.silent))
                    .map(each -> each.name)
                    .toList();
        }

        String description() {
            return "round " + number + (hurried ? " hurried" : "") + (asFile ? " file" : " word") + " streams "
                    + alternative.map(BooleanSupplier::getAsBoolean) + " " + limits + "\n"
                    + cast.stream()
                            .map(each -> each.name + " silent " + each.memory.silent + " " + each.script)
                            .collect(Collectors.joining("\n"));
        }

        private Duration millis(int least, int most) {
            return Duration.ofMillis(least + random.nextInt(most - least + 1));
        }

        private Script script(boolean mayHang) {
            return new Script(
                    random.nextInt(3) == 0 ? wait(mayHang) : new Wait.Millis(0),
                    random.nextInt(8) == 0 ? Optional.of(failure()) : Optional.empty(),
                    wait(mayHang),
                    switch (random.nextInt(5)) {
                        case 0, 1 -> new ScriptedSource.Answer.No();
                        case 2, 3 ->
                            new ScriptedSource.Answer.Yes(
                                    random.nextBoolean() ? Content.GOOD : oneOf(Content.values()),
                                    // One that has begun to deliver is waited for as long as one that is silent.
                                    wait(mayHang && hurried));
                        default -> new ScriptedSource.Answer.Fails(failure());
                    },
                    new AtomicBoolean());
        }

        private Wait wait(boolean mayHang) {
            return switch (random.nextInt(mayHang ? 6 : 4)) {
                case 0, 1, 2 -> new Wait.Millis(0);
                case 3 -> new Wait.Millis(random.nextInt(40));
                case 4 -> new Wait.Sleeping();
                default -> new Wait.Hanging();
            };
        }

        private <T> T oneOf(T[] values) {
            return values[random.nextInt(values.length)];
        }

        private Exception failure() {
            return switch (random.nextInt(8)) {
                case 0, 1 -> new StorageUnavailable("it is down", null);
                case 2 -> new StorageDenied("not allowed", null);
                case 3 -> new DamagedObjectException(new ObjectKey("object"), "bad");
                case 4 -> random.nextBoolean() ? new IllegalStateException("a bug") : new IOException("local");
                default -> {
                    ExitCode code = oneOf(ExitCode.values());
                    yield new UserFacingException(code, "fails with " + code, "hint");
                }
            };
        }

        Outcome ask() throws InterruptedException {
            FutureTask<Outcome> asking = new FutureTask<>(this::outcome);
            Thread thread = new Thread(asking, "round" + number);
            thread.start();
            if (hurried && random.nextInt(10) == 0) {
                thread.interrupt();
            }
            try {
                return asking.get(NEVER.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                return new Outcome.Fault(Objects.requireNonNull(e.getCause()));
            } catch (java.util.concurrent.TimeoutException e) {
                throw new AssertionError("it still waits for an answer: " + description(), e);
            }
        }

        private Outcome outcome() {
            if (!asFile) {
                Reading<Optional<String>> reading = archive -> of(archive).word();
                try {
                    Optional<RepositoryFailover.Located<String>> holder = asked.first(reading);
                    return holder.isPresent()
                            ? new Outcome.Found(holder.get().repository(), List.of())
                            : new Outcome.Absent();
                } catch (CouldNotTellException e) {
                    return unknown(e.failures());
                }
            }
            VerifiedCopy copy = new VerifiedCopy(new FetchRequest(
                    WANTED,
                    target,
                    SYSTEM,
                    SIZE,
                    new Recovery(directory, Optional.empty(), Recovery.Absence.AT_THE_END),
                    new FetchRequest.Patience(Duration.ZERO),
                    () -> {}));
            return switch (asked.firstAnswer(
                    WANTED.name(), archive -> of(archive).file(), (found, claim) -> copy.of(WANTED, found, claim))) {
                case Answer.Certain(FetchResult.Restored restored) ->
                    new Outcome.Found(
                            restored.from(),
                            restored.passedOver().stream()
                                    .map(FetchResult.PassedOver::repository)
                                    .toList());
                case Answer.Certain certain -> new Outcome.Absent();
                case Answer.Unknown unknown -> unknown(unknown.failures());
                case Answer.Hole hole -> throw new AssertionError(hole);
            };
        }

        private static Outcome unknown(List<Answer.Failure> failures) {
            Map<String, String> messages = new TreeMap<>();
            failures.forEach(failure -> messages.put(failure.repository(), failure.message()));
            return new Outcome.Unknown(messages);
        }

        private ScriptedSource of(WalArchive archive) {
            return cast.stream().filter(each -> each.is(archive)).findFirst().orElseThrow();
        }

        boolean threadsAreLeft() {
            return Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().startsWith("ask-round" + number + "-"));
        }

        void end() throws InterruptedException {
            end.countDown();
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().startsWith("ask-round" + number + "-")) {
                    thread.join(NEVER);
                }
            }
        }

        List<Path> files() throws IOException {
            try (Stream<Path> files = Files.list(target.getParent())) {
                return files.toList();
            }
        }

        /** Holds whatever the limits are. */
        void requireNoLie(Outcome outcome) throws IOException {
            switch (outcome) {
                case Outcome.Found found -> {
                    ScriptedSource from = cast.stream()
                            .filter(each -> each.name.equals(found.from()))
                            .findFirst()
                            .orElseThrow();
                    assertThat(found.passedOver())
                            .doesNotHaveDuplicates()
                            .allMatch(name -> askedBefore(from.name).anyMatch(name::equals) || fails(name) || another);
                    if (asFile) {
                        assertThat(target).hasBinaryContent(from.bytes);
                    }
                    assertThat((cast.size() == 1 && alternative.isEmpty()) || !from.memory.silent)
                            .isTrue();
                }
                case Outcome.Absent absent ->
                    assertThat(cast).allSatisfy(each -> {
                        assertThat(each.hasDenied()).isTrue();
                        assertThat(each.memory.silent && (cast.size() > 1 || alternative.isPresent()))
                                .isFalse();
                    });
                case Outcome.Unknown unknown -> {
                    assertThat(unknown.messages()).isNotEmpty();
                    assertThat(cast)
                            .filteredOn(each -> unknown.messages()
                                    .getOrDefault(each.name, "")
                                    .contains("did not answer in time"))
                            .filteredOn(each -> !unknown.messages().containsKey("all"))
                            .allMatch(each -> each.memory.silent);
                }
                case Outcome.Fault fault ->
                    assertThat(cast.stream().flatMap(each -> each.script.failure(asFile).stream()))
                            .anyMatch(each -> isFault(each) && isOf(fault.exception(), each));
            }
            if (!(outcome instanceof Outcome.Found)) {
                assertThat(target).doesNotExist();
            }
        }

        private boolean fails(String name) {
            return cast.stream()
                    .anyMatch(each -> each.name.equals(name)
                            && each.script.failure(asFile).isPresent());
        }

        private static boolean isOf(Throwable thrown, Exception scripted) {
            return thrown.equals(scripted) || scripted.equals(thrown.getCause());
        }

        /** Of this host, or a bug: another repository does not help. */
        private static boolean isFault(Exception failure) {
            return switch (failure) {
                case UserFacingException known -> known.exitCode() == ExitCode.LOCAL_FILES;
                case IOException store -> StorageErrors.explain(store).exitCode() == ExitCode.LOCAL_FILES;
                default -> true;
            };
        }

        /** Only where no limit is reached. */
        void requireTheTruth(Outcome outcome) {
            boolean isThere = cast.stream().anyMatch(each -> each.script.delivers(asFile));
            Map<String, Exception> failures = new TreeMap<>();
            cast.forEach(each -> each.script
                    .failure(asFile)
                    .filter(failure -> each.script.ends())
                    .ifPresent(failure -> failures.put(each.name, failure)));
            boolean faulty = failures.values().stream().anyMatch(Round::isFault);
            if (isThere) {
                if (!(faulty && outcome instanceof Outcome.Fault)) {
                    assertThat(outcome).isInstanceOf(Outcome.Found.class);
                }
            } else if (faulty) {
                assertThat(outcome).isInstanceOf(Outcome.Fault.class);
            } else if (failures.isEmpty()) {
                assertThat(outcome).isEqualTo(new Outcome.Absent());
            } else {
                assertThat(outcome)
                        .isInstanceOfSatisfying(
                                Outcome.Unknown.class,
                                unknown -> assertThat(unknown.messages())
                                        .hasSameSizeAs(failures)
                                        .containsOnlyKeys(failures.keySet()));
                if (cast.size() > 1 || alternative.isPresent()) {
                    failures.forEach((name, failure) -> assertThat(memory(name).silent)
                            .as(name)
                            .isEqualTo(codeOf(failure) == ExitCode.STORE_UNAVAILABLE));
                }
            }
            if (outcome instanceof Outcome.Found found && limits.hedgeDelay().equals(NEVER) && !allAtOnce) {
                assertThat(failures.keySet()).containsAll(found.passedOver());
                if (asFile) {
                    assertThat(found.passedOver())
                            .isEqualTo(askedBefore(found.from())
                                    .filter(failures::containsKey)
                                    .toList());
                }
            }
        }

        /** Those that were silent are asked last. */
        private Stream<String> askedBefore(String name) {
            return order.stream().takeWhile(each -> !each.equals(name));
        }

        private ScriptedSource.RememberedSilence memory(String name) {
            return cast.stream()
                    .filter(each -> each.name.equals(name))
                    .findFirst()
                    .orElseThrow()
                    .memory;
        }

        private static ExitCode codeOf(Exception failure) {
            return failure instanceof IOException store
                    ? StorageErrors.explain(store).exitCode()
                    : ((UserFacingException) failure).exitCode();
        }
    }

    private WalArchive archive() throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(ArchiveFixture.CLUSTER, SYSTEM)
                .orElseThrow()
                .wal();
    }

    private void rounds(int count, boolean hurried) throws Exception {
        new ArchiveFixture(directory, store).archive();
        for (int i = 0; i < 4; i++) {
            contents.add(WalFixtures.segment(WANTED, SYSTEM, SIZE, i));
        }
        long seed = Rounds.seed();
        for (int number = 0; number < count; number++) {
            Round round = new Round(number, new Random(seed + number), hurried);
            try {
                Outcome outcome = round.ask();
                round.requireNoLie(outcome);
                if (!hurried) {
                    round.requireTheTruth(outcome);
                }
                while (hurried && round.random.nextBoolean()) {
                    round.askForAnother();
                    outcome = round.ask();
                    round.requireNoLie(outcome);
                }
                round.end();
                assertThat(round.threadsAreLeft()).isFalse();
                round.requireNoLie(outcome);
                assertThat(round.files())
                        .as("after those have woken up that were late")
                        .isEqualTo(
                                outcome instanceof Outcome.Found && round.asFile ? List.of(round.target) : List.of());
                Files.deleteIfExists(round.target);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + " " + round.description() + "\n" + e.getMessage(), e);
            } finally {
                round.end();
            }
        }
    }

    @Test
    void whereNobodyIsLateTheTruthIsToldAndNobodyIsWaitedForThatIsNotNeeded() throws Exception {
        rounds(Rounds.of(150, 3_000), false);
    }

    @Test
    void whereManyAreLateNothingUntrueIsTold() throws Exception {
        rounds(Rounds.of(150, 3_000), true);
    }
}
