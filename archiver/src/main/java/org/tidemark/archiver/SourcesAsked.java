// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.archiver.Answer.Certain;
import org.tidemark.archiver.Answer.Failure;
import org.tidemark.archiver.Answer.Passing;
import org.tidemark.archiver.Answer.Unknown;
import org.tidemark.archiver.FetchRound.Reading;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.DecodedObject;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Asks one repository after the other until one has what is wanted. "None has it" is only said if every one answered.
 */
final class SourcesAsked {
    private final List<WalSource> sources;

    SourcesAsked(List<WalSource> sources) {
        this.sources = sources;
    }

    String names() {
        return sources.stream().map(WalSource::name).collect(Collectors.joining(", "));
    }

    /** Delivers what was found. */
    @FunctionalInterface
    interface Use {
        /**
         * Reads {@code in} to its end.
         *
         * @throws DamagedObjectException if the content is not what it should be
         * @throws UserFacingException if the local target cannot be written
         */
        void take(InputStream in) throws IOException;
    }

    /** The first repository that has the file delivers it; a damaged copy is replaced by the next one's. */
    Answer firstAnswer(String wanted, Reading<Optional<DecodedObject>> reading, Use use) {
        List<Failure> failures = new ArrayList<>();
        for (WalSource source : sources) {
            try {
                Optional<DecodedObject> found = reading.of(source.opening().open());
                if (found.isPresent()) {
                    try (InputStream in = found.get()) {
                        use.take(in);
                    }
                    return new Certain(new FetchResult.Restored(source.name()));
                }
            } catch (IOException | UserFacingException e) {
                failures.add(failureOf(source, e));
            }
        }
        return failures.isEmpty()
                ? new Certain(new FetchResult.Absent("'" + wanted + "' is not in " + names()))
                : new Unknown(failures);
    }

    /** The name of the first repository of which {@code condition} holds; empty only if every one answered "no". */
    Optional<String> firstThat(Reading<Boolean> condition) throws CouldNotTellException {
        List<Failure> failures = new ArrayList<>();
        for (WalSource source : sources) {
            try {
                if (condition.of(source.opening().open())) {
                    return Optional.of(source.name());
                }
            } catch (IOException | UserFacingException e) {
                failures.add(failureOf(source, e));
            }
        }
        if (failures.isEmpty()) {
            return Optional.empty();
        }
        throw new CouldNotTellException(failures);
    }

    private static Failure failureOf(WalSource source, Exception e) {
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
