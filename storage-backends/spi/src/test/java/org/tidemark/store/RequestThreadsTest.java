// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.TimeLimits;

/** Requests that initialise classes at once, in JVMs of their own: in this one another test may have come before. */
final class RequestThreadsTest {
    @TempDir
    private Path work;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void requestsThatInitialiseClassesDoNotKeepTheCarrierOfWhatTheyWaitFor(int processors) throws Exception {
        assertThat(status(Initialising.class, processors)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aRequestThatHangsIsGivenUpWhileOthersInitialiseClasses(int processors) throws Exception {
        assertThat(status(Hanging.class, processors)).isZero();
    }

    private int status(Class<?> program, int processors) throws IOException, InterruptedException {
        Path output = work.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:ActiveProcessorCount=" + processors,
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(20, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended).as("it stands still: " + Files.readString(output)).isTrue();
        return process.exitValue();
    }

    /** As the lock of a class loader: a request holds it while it waits for something else. */
    private static final ReentrantLock LOADING = new ReentrantLock();

    private static final CountDownLatch HELD = new CountDownLatch(1);

    private static String initialise() {
        LOADING.lock();
        try {
            return "initialised";
        } finally {
            LOADING.unlock();
        }
    }

    /** Its initialisation waits for the lock. */
    private static final class First {
        static final String TEXT = initialise();
    }

    private static final class Second {
        static final String TEXT = initialise();
    }

    /** Takes the lock, waits without its carrier, and gives the lock back. */
    private static String load(Duration held) throws InterruptedException {
        LOADING.lock();
        try {
            HELD.countDown();
            Thread.sleep(held);
        } finally {
            LOADING.unlock();
        }
        return "loaded";
    }

    /** Starts the requests at once; each of the others waits until the first holds the lock. */
    private static List<Thread> begin(BoundedCall calls, List<FutureTask<String>> requests) {
        List<Thread> callers = new ArrayList<>();
        for (FutureTask<String> request : requests) {
            callers.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    calls.run(() -> {
                        request.run();
                        return request.get();
                    });
                } catch (Exception e) {
                    request.cancel(false);
                }
            }));
        }
        return callers;
    }

    private static FutureTask<String> request(Callable<String> work) {
        return new FutureTask<>(work);
    }

    private static List<FutureTask<String>> sixteen(Callable<String> holder) {
        List<FutureTask<String>> requests = new ArrayList<>();
        requests.add(request(holder));
        for (int i = 1; i < 16; i++) {
            boolean first = i % 2 == 0;
            requests.add(request(() -> {
                HELD.await();
                return first ? First.TEXT : Second.TEXT;
            }));
        }
        return requests;
    }

    /** Ends with 0 if every request has its answer. */
    static final class Initialising {
        private Initialising() {}

        public static void main(String[] arguments) throws Exception {
            Duration limit = Duration.ofSeconds(60);
            List<FutureTask<String>> requests = sixteen(() -> load(Duration.ofMillis(200)));
            begin(new BoundedCall(new TimeLimits(limit, limit, limit)), requests);
            for (FutureTask<String> request : requests) {
                request.get();
            }
            System.exit(0);
        }
    }

    /** Ends with 0 if all callers come back although the lock is held for longer than their limit. */
    static final class Hanging {
        private Hanging() {}

        public static void main(String[] arguments) throws Exception {
            Duration limit = Duration.ofMillis(500);
            List<FutureTask<String>> requests = sixteen(() -> load(Duration.ofDays(1)));
            for (Thread caller : begin(new BoundedCall(new TimeLimits(limit, limit, limit)), requests)) {
                caller.join();
            }
            // The interrupt ended what held the lock, so the others have gone on.
            String text = First.TEXT;
            System.out.println(text);
            System.exit(0);
        }
    }
}
