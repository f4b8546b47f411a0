// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.LogSettings;
import org.tidemark.config.LogSettings.Level;
import org.tidemark.config.LogSettings.LogFile;
import org.tidemark.config.LogSettings.Service;
import org.tidemark.core.UtcTime;

/**
 * The log of this host, as one command writes it. A thread of its own writes, so that a log on a disk that hangs delays
 * no command: what does not fit into its queue is dropped, and the end waits for half a second at most. Lines are not
 * synced. Thread-safe.
 */
public final class Log implements AutoCloseable {
    /** Where no log is configured. */
    public static final Log NONE = new Log(null, "", Clock.systemUTC(), problem -> {});

    static final int MOST_LINES = 1000;
    /** The kernel appends this much in one piece, and Java writes it with one call. */
    static final int MOST_BYTES = 8000;

    private static final Duration TO_END = Duration.ofMillis(500);

    private final @Nullable LogSettings settings;
    private final String command;
    private final Clock clock;
    private final Complaint complaint;
    private final BlockingQueue<byte[]> lines = new ArrayBlockingQueue<>(MOST_LINES);
    /** The lines that are not written yet. */
    private final AtomicInteger pending = new AtomicInteger();

    private @Nullable Thread writer;
    private boolean complained;

    /** Is told that the log cannot be written, once. */
    public interface Complaint {
        void cannotWrite(String problem);
    }

    /** Where lines go; one thread uses it. */
    interface Sink extends AutoCloseable {
        /** Writes whole lines. */
        void write(byte[] line) throws IOException;

        @Override
        void close();
    }

    private Log(@Nullable LogSettings settings, String command, Clock clock, Complaint complaint) {
        this.settings = settings;
        this.command = command;
        this.clock = clock;
        this.complaint = complaint;
    }

    /** The log of a command. Nothing is opened before the first line. */
    public static Log of(LogSettings settings, String command, Clock clock, Complaint complaint) {
        return new Log(settings, command, clock, complaint);
    }

    /**
     * Writes one line, later and only if it can.
     *
     * @param cluster its name, or - for all or none
     * @param message of which line ends become spaces
     * @param fields names and values in turn, for the tail of the line; a field with an empty value is left out
     */
    public void write(Level level, String cluster, String message, String... fields) {
        if (settings == null || level.compareTo(settings.level()) > 0) {
            return;
        }
        StringBuilder line = new StringBuilder(160);
        if (settings.to() instanceof Service) {
            line.append('<').append(level.priority()).append('>');
        } else {
            line.append(UtcTime.iso(clock.instant())).append(' ');
        }
        line.append(level)
                .append(" [")
                .append(ProcessHandle.current().pid())
                .append("] ")
                .append(cluster)
                .append(' ')
                .append(command)
                .append(": ");
        appendPlain(line, message);
        for (int i = 0; i + 1 < fields.length; i += 2) {
            if (!fields[i + 1].isEmpty()) {
                line.append(' ').append(fields[i]).append('=');
                appendValue(line, fields[i + 1]);
            }
        }
        enqueue(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    /** On one line, whatever a store or a server has put into its message. */
    private static void appendPlain(StringBuilder line, String text) {
        boolean space = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isSpace = c == ' ' || Character.isISOControl(c);
            if (!isSpace || !space) {
                line.append(isSpace ? ' ' : c);
            }
            space = isSpace;
        }
    }

    private static void appendValue(StringBuilder line, String value) {
        boolean plain = true;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            plain &= c > ' ' && c != '"' && c != '=' && c != '\\';
        }
        if (plain) {
            line.append(value);
        } else {
            line.append('"');
            appendPlain(line, value.replace("\\", "\\\\").replace("\"", "\\\""));
            line.append('"');
        }
    }

    private void enqueue(byte[] whole) {
        byte[] line = whole;
        if (whole.length > MOST_BYTES) {
            line = new byte[MOST_BYTES];
            System.arraycopy(whole, 0, line, 0, MOST_BYTES - 4);
            System.arraycopy("...\n".getBytes(StandardCharsets.US_ASCII), 0, line, MOST_BYTES - 4, 4);
        }
        pending.incrementAndGet();
        if (!lines.offer(line)) {
            pending.decrementAndGet();
        }
        start();
    }

    private synchronized void start() {
        LogSettings known = settings;
        if (writer == null && known != null) {
            Thread thread = new Thread(() -> work(known), "log");
            thread.setDaemon(true);
            thread.start();
            writer = thread;
        }
    }

    private void work(LogSettings to) {
        try (Sink sink = switch (to.to()) {
            case LogFile file -> new FileSink(file.path());
            case Service service -> new ServiceSink(service);
        }) {
            while (true) {
                byte[] line = lines.take();
                try {
                    sink.write(line);
                } catch (IOException e) {
                    complain(to, e);
                }
                if (pending.decrementAndGet() == 0) {
                    synchronized (pending) {
                        pending.notifyAll();
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // close() ends it so
        }
    }

    private void complain(LogSettings to, IOException problem) {
        if (!complained && !Thread.currentThread().isInterrupted()) {
            complained = true;
            complaint.cannotWrite("cannot write the log '" + to.to() + "': " + problem.getMessage());
        }
    }

    /** Waits until everything is written, but not for long. Lines that come later are lost. */
    @Override
    public void close() {
        Thread thread;
        synchronized (this) {
            thread = writer;
        }
        if (thread == null) {
            return;
        }
        long end = System.nanoTime() + TO_END.toNanos();
        boolean interrupted = Thread.interrupted(); // Ctrl-C ends with a line, too.
        synchronized (pending) {
            for (long left = TO_END.toNanos(); left > 0 && pending.get() > 0; left = end - System.nanoTime()) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(pending, left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        thread.interrupt();
        try {
            // The sink ends what it has started.
            thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
