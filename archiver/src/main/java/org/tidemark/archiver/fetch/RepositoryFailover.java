// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.archiver.fetch.Answer.Certain;
import org.tidemark.archiver.fetch.Answer.CouldNotTellException;
import org.tidemark.archiver.fetch.Answer.Failure;
import org.tidemark.archiver.fetch.Answer.Retry;
import org.tidemark.archiver.fetch.Answer.Unknown;
import org.tidemark.archiver.fetch.FetchRound.Reading;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.wal.WalReader.Following;

/**
 * Asks one repository after the other until one has what is wanted. "Absent" is only said if every repository answered
 * so. A repository that hangs is not waited for while another one may have it; see {@link HedgedRequest}.
 */
final class RepositoryFailover {
    private final List<WalSource> sources;
    private final Optional<BooleanSupplier> alternative;
    private final HedgedRequest.Limits limits;
    private final Map<WalSource, Thread> hanging = new HashMap<>();

    /** @param alternative as in {@link Recovery} */
    RepositoryFailover(List<WalSource> sources, Optional<BooleanSupplier> alternative, HedgedRequest.Limits limits) {
        this.sources = sources;
        this.alternative = alternative;
        this.limits = limits;
    }

    String names() {
        return sources.stream().map(WalSource::name).collect(Collectors.joining(", "));
    }

    /** Whether each repository has failed. */
    boolean areAll(List<Failure> failures) {
        return sources.stream()
                .allMatch(source -> failures.stream()
                        .anyMatch(failure -> failure.repository().equals(source.name())));
    }

    /**
     * A file that an archive has.
     *
     * @param following the segment after it, if it is a segment
     */
    record Found(InputStream content, Following following) {
        static Optional<Found> of(Optional<DecodedObject> content) {
            return of(content, Following.NONE);
        }

        static Optional<Found> of(Optional<DecodedObject> content, Following following) {
            return content.isPresent() ? Optional.of(new Found(content.get(), following)) : Optional.empty();
        }
    }

    /** Delivers what was found. */
    @FunctionalInterface
    interface Use {
        /**
         * Reads {@code found} to its end.
         *
         * @param claim to be run just before the file appears; throws if another repository was faster
         * @throws DamagedObjectException if the content is not what it should be
         * @throws UserFacingException if the local target cannot be written
         */
        void take(Found found, Runnable claim) throws IOException;
    }

    /** The first repository that has the file delivers it; a damaged copy is replaced by the next one's. */
    Answer firstAnswer(String wanted, Reading<Optional<Found>> reading, Use use) {
        Response<Boolean> response = ask((source, attempt) -> {
            WalArchive archive = open(source, attempt);
            try {
                return deliver(archive, attempt, reading, use);
            } catch (DamagedObjectException e) {
                return deliver(repaired(archive, e), attempt, reading, use);
            }
        });
        if (response.from().isPresent()) {
            return new Certain(new FetchResult.Restored(
                    response.from().get(),
                    response.failures().stream()
                            .map(failure -> new FetchResult.PassedOver(failure.repository(), failure.message()))
                            .toList()));
        }
        return response.failures().isEmpty()
                ? new Certain(new FetchResult.Absent("'" + wanted + "' is not in " + names()))
                : new Unknown(response.failures());
    }

    private static Optional<Boolean> deliver(
            WalArchive archive, Attempt attempt, Reading<Optional<Found>> reading, Use use) throws IOException {
        Optional<Found> found = reading.of(archive);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        attempt.found();
        boolean delivered = false;
        try (InputStream content = attempt.listening(found.get().content())) {
            use.take(new Found(content, found.get().following()), attempt::claim);
            delivered = true;
        } catch (IOException e) {
            if (!delivered) { // else the file is in place, verified: the connection no longer matters
                throw e;
            }
        }
        return Optional.of(true);
    }

    /** Reads the repaired copy of a damaged object, if the same repository has one. */
    private static WalArchive repaired(WalArchive archive, DamagedObjectException damage) throws IOException {
        Optional<WalArchive> copies = archive.repaired(damage.key());
        if (copies.isEmpty()) {
            throw damage;
        }
        return copies.get();
    }

    /** The value of the first repository that has one; empty only if every repository answered "no". */
    <T> Optional<Located<T>> first(Reading<Optional<T>> reading) throws CouldNotTellException {
        Response<T> response = ask((source, attempt) -> {
            WalArchive archive = open(source, attempt);
            try {
                return reading.of(archive);
            } catch (DamagedObjectException e) {
                return reading.of(repaired(archive, e));
            }
        });
        if (response.from().isPresent() && response.value().isPresent()) {
            return Optional.of(
                    new Located<>(response.from().get(), response.value().get()));
        }
        if (response.failures().isEmpty()) {
            return Optional.empty();
        }
        throw new CouldNotTellException(response.failures());
    }

    private static WalArchive open(WalSource source, Attempt attempt) throws IOException {
        WalArchive archive = source.opening().open(attempt::ready);
        attempt.heard();
        return archive;
    }

    /** A value, and the repository that has it. */
    record Located<T>(String repository, T value) {}

    /** The repository that delivered and its value, and the failures of those that could not tell. */
    record Response<T>(Optional<String> from, Optional<T> value, List<Failure> failures) {}

    /** Asks one repository; empty if it answers that it does not have it. */
    @FunctionalInterface
    interface Question<T> {
        Optional<T> ask(WalSource source, Attempt attempt) throws IOException;
    }

    private <T> Response<T> ask(Question<T> question) {
        if (sources.size() == 1 && alternative.isEmpty()) {
            return askOnly(sources.getFirst(), question);
        }
        List<WalSource> silentLast = Stream.concat(
                        sources.stream().filter(source -> !source.memory().isSilent()),
                        sources.stream().filter(source -> source.memory().isSilent()))
                .distinct()
                .toList();
        return new HedgedRequest<>(question, alternative, hanging, limits).ask(silentLast);
    }

    /** No other repository could answer meanwhile, so a thread would gain nothing. */
    private static <T> Response<T> askOnly(WalSource source, Question<T> question) {
        List<Failure> failures = new ArrayList<>();
        try {
            Optional<T> value = question.ask(source, Attempt.ALONE);
            return new Response<>(value.map(any -> source.name()), value, failures);
        } catch (IOException | UserFacingException e) {
            failures.add(failureOf(source, e));
            return new Response<>(Optional.empty(), Optional.empty(), failures);
        }
    }

    static Failure failureOf(WalSource source, Exception e) {
        UserFacingException known = StorageErrors.explain(e);
        if (known.exitCode() == ExitCode.LOCAL_FILES) {
            throw known; // the fault is this host's, and no other repository helps
        }
        return new Failure(source.name(), known.getMessage(), known.exitCode(), retry(known.exitCode()));
    }

    /** Asking again helps where an operator may mend the cause meanwhile, but not against damage. */
    private static Retry retry(ExitCode code) {
        return switch (code) {
            case DAMAGED, UNKNOWN_FORMAT, OTHER_REPOSITORY, USAGE -> Retry.USELESS;
            default -> Retry.MAY_HELP;
        };
    }
}
