// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import org.tidemark.core.Amounts;
import org.tidemark.operations.ObjectProgress;

/**
 * The progress of long work: on a terminal a line with a bar, bytes, rate and time left, redrawn a few times a second;
 * elsewhere a line now and then. Made by {@link Output#progress}. Thread-safe.
 */
public final class Progress implements ObjectProgress {
    private static final Duration DRAW = Duration.ofMillis(200);
    private static final Duration LOG = Duration.ofSeconds(30);
    private static final int WIDTH = 30;

    private final PrintStream talk;
    private final Form form;
    private final Output output;
    private final String title;
    private final long begun = System.nanoTime();
    private long lastShown = begun;
    private long done;
    private long expected;
    private boolean drawn;

    /** How it is shown. */
    enum Form {
        NONE,
        /** A line now and then. */
        LINES,
        /** A line that is redrawn. */
        BAR
    }

    Progress(PrintStream talk, Form form, Output output, String title, long expectedBytes) {
        this.talk = talk;
        this.form = form;
        this.output = output;
        this.title = title;
        this.expected = expectedBytes;
    }

    /** Adds to the bytes done. */
    public synchronized void advance(long bytes) {
        show(done + bytes, expected);
    }

    /** Sets the bytes done and the total. */
    public synchronized void show(long bytesDone, long bytesExpected) {
        show(bytesDone, bytesExpected, "");
    }

    /**
     * The same with a text.
     *
     * @param what what was done with the bytes, and other remarks; may be empty
     */
    public synchronized void show(long bytesDone, long bytesExpected, String what) {
        done = bytesDone;
        expected = Math.max(bytesExpected, bytesDone);
        long now = System.nanoTime();
        if (isDue(now)) {
            print(now, text(now, what));
        }
    }

    /** Sets the bytes done when the total is unknown. */
    @Override
    public synchronized void done(long objects, long bytes) {
        this.done = bytes;
        long now = System.nanoTime();
        if (isDue(now)) {
            print(now, title + ": " + Amounts.count(objects, "object", "objects") + ", " + Amounts.size(bytes));
        }
    }

    /** Far more often than it is shown, progress is only counted. */
    private boolean isDue(long now) {
        return form != Form.NONE && now - lastShown >= (form == Form.BAR ? DRAW : LOG).toNanos();
    }

    private void print(long now, String text) {
        lastShown = now;
        talk.print(form == Form.BAR ? "\r" + text + "\033[K" : text + "\n");
        talk.flush();
        drawn = form == Form.BAR;
    }

    /** Prints a line above the progress. */
    public synchronized void say(String line) {
        erase();
        output.say(line);
    }

    /** Prints a warning above the progress. */
    public synchronized void warn(String message, String hint) {
        erase();
        output.warn(message, hint);
    }

    private String text(long now, String what) {
        double share = expected == 0 ? 0 : (double) done / expected;
        double seconds = (now - begun) / 1e9;
        long rate = seconds < 0.1 ? 0 : (long) (done / seconds);
        // At the beginning there is no rate to estimate from.
        String speed = rate == 0 ? "" : ", " + Amounts.size(rate) + "/s";
        String left = rate == 0 || done == expected
                ? ""
                : ", " + Amounts.duration(Duration.ofSeconds((expected - done) / rate)) + " left";
        String figures = String.format(
                Locale.ROOT,
                "%3.0f %%  %s of %s%s%s%s",
                // Rounded down: 100 % is the end.
                Math.floor(share * 100),
                Amounts.size(done),
                Amounts.size(expected),
                what.isEmpty() ? "" : " " + what,
                speed,
                left);
        int full = (int) Math.round(share * WIDTH);
        return form == Form.BAR
                ? title + " [" + "#".repeat(full) + "-".repeat(WIDTH - full) + "] " + figures
                : title + ": " + figures.strip();
    }

    private void erase() {
        if (drawn) {
            talk.print("\r\033[K");
            drawn = false;
        }
    }

    @Override
    public synchronized void close() {
        erase();
        talk.flush();
    }
}
