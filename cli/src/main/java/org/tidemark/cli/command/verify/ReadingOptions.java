// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sizes;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.verify.VerifyRun.Reading;
import picocli.CommandLine.Option;

/** How much a verification reads. */
final class ReadingOptions {
    @Option(names = "--all", description = "read everything, even what an earlier run has read")
    private boolean all;

    @Option(
            names = "--budget",
            paramLabel = "SIZE",
            description = "how much to read in each repository, such as 100GiB; the next run continues")
    private @Nullable String budget;

    @Option(
            names = "--sample",
            paramLabel = "PERCENT",
            description = "read this percentage of all objects, chosen at random, even what an earlier run has read")
    private @Nullable String sample;

    @Option(names = "--throttle", paramLabel = "SIZE", description = "how much to read per second, such as 50MiB")
    private @Nullable String throttle;

    /** What the options say, checked. */
    Reading reading() {
        OptionalLong limit = throttle == null ? OptionalLong.empty() : OptionalLong.of(size(throttle));
        return new Reading(extent(), limit);
    }

    private Extent extent() {
        if (Stream.of(all, budget != null, sample != null)
                        .filter(given -> given)
                        .count()
                > 1) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "more than one of --all, --budget and --sample is given",
                    "Each of them says what is read: give one.");
        }
        if (budget != null) {
            return new Extent.Budget(size(budget));
        }
        if (sample != null) {
            return new Extent.Sample(percent(sample), new Random().nextInt(Integer.MAX_VALUE));
        }
        return all ? Extent.EVERYTHING : Extent.UNMARKED;
    }

    private static long size(String text) {
        OptionalLong size = Sizes.parse(text);
        if (size.orElse(0) < 1) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "not a size: '" + text + "'",
                    "Give a whole number with its unit: B, KiB, MiB, GiB or TiB. An example: 100GiB");
        }
        return size.getAsLong();
    }

    private static double percent(String text) {
        try {
            double percent = Double.parseDouble(text.endsWith("%") ? text.substring(0, text.length() - 1) : text);
            if (percent > 0 && percent <= 100) {
                return percent;
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "not a percentage: '" + text + "'",
                "Give a number above 0, and at most 100. An example: --sample 5");
    }

    /** How the sample was chosen; empty if none was. */
    static Optional<Long> seed(Reading reading) {
        return reading.extent() instanceof Extent.Sample chosen ? Optional.of(chosen.seed()) : Optional.empty();
    }
}
