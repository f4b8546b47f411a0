// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program without a command: shows its help. */
@Command(name = "tidemark", description = "Archives PostgreSQL's WAL, takes base backups, and restores to any moment.")
final class TidemarkCommand {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help; for one command: tidemark help COMMAND")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "show the version")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean version;
}
