// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

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
import org.tidemark.archiver.Answer.Certain;
import org.tidemark.archiver.Answer.Failure;
import org.tidemark.archiver.Answer.Passing;
import org.tidemark.archiver.Answer.Unknown;
import org.tidemark.archiver.FetchRound.Reading;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.DecodedObject;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.catalog.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;

/**
 * Asks one repository after the other until one has what is wanted. "None has it" is only said if every one answered.
 * One that hangs is not waited for while another may have it; see {@link Inquiries}.
 */
final class SourcesAsked {
    private final List<WalSource> sources;
    private final Optional<BooleanSupplier> otherWay;
    private final Inquiries.Limits limits;
    private final Map<WalSource, Thread> hanging = new HashMap<>();

    /** @param otherWay as in {@link Recovery} */
    SourcesAsked(List<WalSource> sources, Optional<BooleanSupplier> otherWay, Inquiries.Limits limits) {
        this.sources = sources;
        this.otherWay = otherWay;
        this.limits = limits;
    }

    String names() {
        return sources.stream().map(WalSource::name).collect(Collectors.joining(", "));
    }

    /**
     * A file that an archive has.
     *
     * @param end where its content ends, for a partial segment
     */
    record Found(InputStream content, Optional<Lsn> end) {
        static Optional<Found> of(Optional<DecodedObject> content) {
            return content.isPresent() ? Optional.of(new Found(content.get(), Optional.empty())) : Optional.empty();
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
        Asked<Boolean> asked = ask((source, inquiry) -> {
            Optional<Found> found = reading.of(open(source, inquiry));
            if (found.isEmpty()) {
                return Optional.empty();
            }
            inquiry.found();
            boolean delivered = false;
            try (InputStream content = inquiry.listening(found.get().content())) {
                use.take(new Found(content, found.get().end()), inquiry::claim);
                delivered = true;
            } catch (IOException e) {
                if (!delivered) { // else it is at its place, verified, whatever becomes of the connection
                    throw e;
                }
            }
            return Optional.of(true);
        });
        if (asked.from().isPresent()) {
            return new Certain(new FetchResult.Restored(
                    asked.from().get(),
                    asked.failures().stream()
                            .map(failure -> new FetchResult.PassedOver(failure.repository(), failure.message()))
                            .toList()));
        }
        return asked.failures().isEmpty()
                ? new Certain(new FetchResult.Absent("'" + wanted + "' is not in " + names()))
                : new Unknown(asked.failures());
    }

    /** What the first repository that has something has; empty only if every one answered "no". */
    <T> Optional<Holding<T>> first(Reading<Optional<T>> reading) throws CouldNotTellException {
        Asked<T> asked = ask((source, inquiry) -> reading.of(open(source, inquiry)));
        if (asked.from().isPresent() && asked.value().isPresent()) {
            return Optional.of(new Holding<>(asked.from().get(), asked.value().get()));
        }
        if (asked.failures().isEmpty()) {
            return Optional.empty();
        }
        throw new CouldNotTellException(asked.failures());
    }

    private static WalArchive open(WalSource source, Inquiry inquiry) throws IOException {
        WalArchive archive = source.opening().open(inquiry::ready);
        inquiry.heard();
        return archive;
    }

    /** What a repository has. */
    record Holding<T>(String repository, T value) {}

    /** What came of asking: from whom, what, and who could not tell. */
    record Asked<T>(Optional<String> from, Optional<T> value, List<Failure> failures) {}

    /** Asks one repository; empty if it answers that it does not have it. */
    @FunctionalInterface
    interface Question<T> {
        Optional<T> ask(WalSource source, Inquiry inquiry) throws IOException;
    }

    private <T> Asked<T> ask(Question<T> question) {
        if (sources.size() == 1 && otherWay.isEmpty()) {
            return askOnly(sources.getFirst(), question);
        }
        List<WalSource> silentLast = Stream.concat(
                        sources.stream().filter(source -> !source.memory().isSilent()),
                        sources.stream().filter(source -> source.memory().isSilent()))
                .distinct()
                .toList();
        return new Inquiries<>(question, otherWay, hanging, limits).ask(silentLast);
    }

    /** Nobody else could answer meanwhile, so there is nothing to gain from a thread. */
    private static <T> Asked<T> askOnly(WalSource source, Question<T> question) {
        List<Failure> failures = new ArrayList<>();
        try {
            Optional<T> value = question.ask(source, Inquiry.ALONE);
            return new Asked<>(value.map(any -> source.name()), value, failures);
        } catch (IOException | UserFacingException e) {
            failures.add(failureOf(source, e));
            return new Asked<>(Optional.empty(), Optional.empty(), failures);
        }
    }

    static Failure failureOf(WalSource source, Exception e) {
        UserFacingException known = e instanceof IOException io ? StorageFailure.explain(io) : (UserFacingException) e;
        if (known.exitCode() == ExitCode.LOCAL_FILES) {
            throw known; // the fault is this host's, and no other repository helps
        }
        return new Failure(source.name(), known.getMessage(), known.exitCode(), passing(known.exitCode()));
    }

    /** What an operator can mend while we wait is worth asking again for; damage is not. */
    private static Passing passing(ExitCode code) {
        return switch (code) {
            case DAMAGED, UNKNOWN_FORMAT, OTHER_REPOSITORY, USAGE -> Passing.NO;
            default -> Passing.PERHAPS;
        };
    }
}
