// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Everything that waits has a time limit and says what it waits for: docs/design/waits.md lists every class of main
 * code that can wait, and by which calls. The page is compared with the compiled classes.
 *
 * <p>Not looked for are locks that are waited for without a time ({@code synchronized}, {@code Lock.lock}): they are
 * everywhere, no call shows the first, and their holder computes, or waits by a call that is found. Nor are reads and
 * writes of files, which wait for the disk: the page says what becomes of a disk that hangs.
 */
class WaitsTest {
    private static final String PACKAGE = "org.tidemark.";
    private static final String TESTKIT = "org.tidemark.testkit.";

    /**
     * What can wait.
     *
     * @param type a class or interface; a call on any that extends it counts
     * @param methods a regular expression
     * @param timed whether only calls with a time wait, as {@code poll} of a queue
     */
    private record Waiting(String type, String methods, boolean timed) {
        static Waiting by(String type, String methods) {
            return new Waiting(type, methods, false);
        }

        static Waiting byTimed(String type, String methods) {
            return new Waiting(type, methods, true);
        }

        boolean isCalledBy(JavaAccess<?> access) {
            return access.getTarget() instanceof CodeUnitAccessTarget called
                    && called.getName().matches(methods)
                    && isOf(called.getOwner())
                    && (!timed
                            || called.getRawParameterTypes().stream()
                                    .anyMatch(each -> each.getName()
                                            .matches("java\\.util\\.concurrent\\.TimeUnit|java"
                                                    + "\\.time\\.Duration")));
        }

        /** Every class is an Object, and a wait(...) of its own may be another one. */
        private boolean isOf(JavaClass owner) {
            return type.equals("java.lang.Object") ? owner.getName().equals(type) : owner.isAssignableTo(type);
        }

        /** As the page names the call. */
        String named(JavaAccess<?> access) {
            String simple = type.substring(type.lastIndexOf('.') + 1).replace('$', '.');
            return access.getName().equals("<init>") ? "new " + simple : simple + "." + access.getName();
        }
    }

    private static final List<Waiting> WAITING = List.of(
            // Threads, and what they hand to each other.
            Waiting.by("java.lang.Thread", "sleep|join"),
            Waiting.by("java.lang.Object", "wait"),
            Waiting.by("java.util.concurrent.TimeUnit", "sleep|timedWait|timedJoin"),
            Waiting.by("java.util.concurrent.locks.LockSupport", "park.*"),
            Waiting.by("java.util.concurrent.locks.Condition", "await.*"),
            Waiting.byTimed("java.util.concurrent.locks.Lock", "tryLock"),
            Waiting.by("java.util.concurrent.CountDownLatch", "await"),
            Waiting.by("java.util.concurrent.CyclicBarrier", "await"),
            Waiting.by("java.util.concurrent.Phaser", "await.*|arriveAndAwaitAdvance"),
            Waiting.by("java.util.concurrent.Exchanger", "exchange"),
            Waiting.by("java.util.concurrent.Semaphore", "acquire.*"),
            Waiting.byTimed("java.util.concurrent.Semaphore", "tryAcquire"),
            Waiting.by("java.util.concurrent.BlockingQueue", "take|put"),
            Waiting.byTimed("java.util.concurrent.BlockingQueue", "poll|offer"),
            Waiting.by("com.google.api.core.ApiFuture", "get"),
            Waiting.by("java.util.concurrent.Future", "get|join"),
            Waiting.by("java.util.concurrent.CompletionService", "take"),
            Waiting.byTimed("java.util.concurrent.CompletionService", "poll"),
            Waiting.by("java.util.concurrent.ExecutorService", "close|awaitTermination|invokeAll|invokeAny"),
            Waiting.by("org.tidemark.store.ElapsedTime", "pause"),

            // Programs, and who calls this one.
            Waiting.by("java.lang.Process", "waitFor|onExit|getInputStream|getErrorStream|inputReader|errorReader"),
            Waiting.by("java.lang.ProcessHandle", "onExit"),
            Waiting.by("java.io.Console", "readLine|readPassword"),

            // Files.
            Waiting.by("java.nio.channels.FileChannel", "lock"),
            Waiting.by("java.nio.file.WatchService", "take"),
            Waiting.byTimed("java.nio.file.WatchService", "poll"),

            // The network. What a client of a store waits for is set where the client is made.
            Waiting.by("java.net.InetAddress", "getByName|getAllByName|getLocalHost"),
            Waiting.by("java.net.InetSocketAddress", "<init>"),
            Waiting.by("java.net.Socket", "connect|getInputStream"),
            Waiting.by("java.net.ServerSocket", "accept"),
            Waiting.by("java.nio.channels.SocketChannel", "connect"),
            Waiting.by("java.nio.channels.ServerSocketChannel", "accept"),
            Waiting.by("java.nio.channels.Selector", "select"),
            Waiting.by("java.net.URL", "openConnection|openStream"),
            Waiting.by("java.net.http.HttpClient", "newBuilder|send|sendAsync"),
            Waiting.by("jakarta.mail.Transport", "connect|sendMessage"),
            Waiting.by("com.sun.net.httpserver.HttpServer", "start|stop"),
            Waiting.by("org.postgresql.Driver", "connect"),
            Waiting.by("java.sql.Statement", "execute.*"),
            Waiting.by("software.amazon.awssdk.services.s3.S3ClientBuilder", "build"),
            Waiting.by("software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider$Builder", "build"),
            Waiting.by("com.azure.storage.blob.BlobContainerClientBuilder", "buildClient"),
            Waiting.by("com.azure.identity.DefaultAzureCredentialBuilder", "build"),
            Waiting.by("com.google.cloud.storage.HttpStorageOptions", "getService"));

    /** A row of the table: class, calls, what it waits for, limit, who says what. */
    private static final Pattern ROW =
            Pattern.compile("\\| `([A-Za-z0-9.]+)` \\| ([^|]*) \\| ([^|]*) \\| ([^|]*) \\| ([^|]*) \\|");

    private static final Pattern CALL = Pattern.compile("`([^`]+)`");

    @Test
    void thePageListsEveryWaitOfTheProgram() throws IOException {
        assertThat(listed()).isEqualTo(waiting());
    }

    /** By the name of the outermost class, without that of the program. */
    private static Map<String, SortedSet<String>> waiting() {
        Map<String, SortedSet<String>> found = new TreeMap<>();
        for (JavaClass each : MainClasses.ALL) {
            if (each.getName().startsWith(TESTKIT)) {
                continue;
            }
            String name = each.getName().substring(PACKAGE.length()).replaceAll("\\$.*", "");
            for (JavaAccess<?> access : each.getAccessesFromSelf()) {
                call(access)
                        .ifPresent(call -> found.computeIfAbsent(name, _ -> new TreeSet<>())
                                .add(call));
            }
        }
        return found;
    }

    private static Optional<String> call(JavaAccess<?> access) {
        if (access.getTargetOwner().getName().equals("java.lang.System")
                && access.getName().equals("in")) {
            return Optional.of("System.in");
        }
        return WAITING.stream()
                .filter(each -> each.isCalledBy(access))
                .findFirst()
                .map(each -> each.named(access));
    }

    private static Map<String, SortedSet<String>> listed() throws IOException {
        Map<String, SortedSet<String>> listed = new TreeMap<>();
        for (String line : Files.readAllLines(MainClasses.ROOT.resolve("docs/design/waits.md"))) {
            if (!line.startsWith("| `")) {
                continue;
            }
            Matcher row = ROW.matcher(line);
            assertThat(row.matches()).as("five columns in: %s", line).isTrue();
            for (int column = 2; column <= row.groupCount(); column++) {
                assertThat(row.group(column))
                        .as("column %s of: %s", column, line)
                        .isNotBlank();
            }
            SortedSet<String> calls = listed.computeIfAbsent(row.group(1), _ -> new TreeSet<>());
            CALL.matcher(row.group(2)).results().forEach(call -> calls.add(call.group(1)));
        }
        return listed;
    }
}
