// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.io.PrintStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where a command's words go: data to stdout, and only there; everything that is said about it to stderr. Thread-safe.
 */
public final class Output {
    private final PrintStream data;
    private final PrintStream talk;
    private final OutputFormat format;
    private final Verbosity verbosity;
    private final boolean colored;

    /** Whether details are said as well. */
    public enum Verbosity {
        NORMAL,
        VERBOSE
    }

    public Output(PrintStream data, PrintStream talk, OutputFormat format, Verbosity verbosity, boolean colored) {
        this.data = data;
        this.talk = talk;
        this.format = format;
        this.verbosity = verbosity;
        this.colored = colored;
    }

    public boolean isJson() {
        return format == OutputFormat.JSON;
    }

    public boolean isVerbose() {
        return verbosity == Verbosity.VERBOSE;
    }

    /** Whether text on stdout may hold colors. */
    public boolean isColored() {
        return colored;
    }

    /** A line of data, for people. */
    public void line(String text) {
        data.println(text);
    }

    public void json(JsonNode document) {
        data.println(JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(document));
    }

    /** A line about what is going on. */
    public void say(String text) {
        talk.println(text);
    }

    /** As {@link #say}, with {@code --verbose} alone. */
    public void detail(String text) {
        if (isVerbose()) {
            talk.println(text);
        }
    }

    public void warn(String message, String hint) {
        talk.println("WARNING: " + message);
        if (!hint.isEmpty()) {
            talk.println("HINT: " + hint);
        }
    }
}
