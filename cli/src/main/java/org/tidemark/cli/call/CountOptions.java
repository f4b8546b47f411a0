// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.util.List;
import org.tidemark.cli.output.Output;
import org.tidemark.session.reading.CountedBefore;
import org.tidemark.session.reading.WalReading;
import picocli.CommandLine.Option;

/** How much WAL is listed by a command that shows it, and what it says of WAL that it did not list. */
public final class CountOptions {
    @Option(
            names = "--recount",
            description =
                    "list all WAL, including what this host counted in the last 24 hours. Without it, that count is"
                            + " used for the older WAL of a repository with more than 100,000 segments, and the output says so")
    private boolean recount;

    /** Which WAL is listed for the numbers of the answer. */
    public WalReading reading() {
        return recount ? WalReading.WHOLE : WalReading.NEWER;
    }

    /**
     * A line for each archive whose older WAL was not listed.
     *
     * @param command that lists it
     */
    public static void tell(Output output, List<CountedBefore> counted, String command) {
        counted.forEach(each -> output.advise(each.text(command)));
    }
}
