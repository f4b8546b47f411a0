// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.tidemark.config.Environment;

/**
 * Tells the service manager the state of this process, as sd_notify(3) does: systemd waits for it where the unit has
 * {@code Type=notify}. Without the variable NOTIFY_SOCKET nothing is told. Not thread-safe.
 */
public final class ServiceManager {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int LONGEST_PATH = 107;

    private final Optional<String> socket;
    private final long aliveNanos;
    private final PrintStream warnings;
    private long toldAlive = System.nanoTime();

    private ServiceManager(Optional<String> socket, long aliveNanos, PrintStream warnings) {
        this.socket = socket;
        this.aliveNanos = aliveNanos;
        this.warnings = warnings;
    }

    /**
     * The service manager that started this process, if one did.
     *
     * @param warnings where it is said that nothing can be told; not closed
     */
    public static ServiceManager of(Environment environment, PrintStream warnings) {
        Optional<String> socket = environment
                .variable("NOTIFY_SOCKET")
                .filter(path -> path.startsWith("/") || path.startsWith("@"))
                .filter(path -> path.getBytes(StandardCharsets.UTF_8).length <= LONGEST_PATH);
        return new ServiceManager(socket, aliveNanos(environment), warnings);
    }

    /** A third of the time after which systemd gives the process up; 0 if it does not watch. */
    private static long aliveNanos(Environment environment) {
        try {
            return Long.parseLong(environment.variable("WATCHDOG_USEC").orElse("0")) * 1_000 / 3;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    public void ready() {
        send("READY=1");
    }

    public void reloading() {
        // systemd asks for the monotonic clock, which is the one of Java on Linux.
        send("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1_000);
    }

    public void stopping() {
        send("STOPPING=1");
    }

    /** To be called more often than systemd wants to hear it. */
    public void alive() {
        if (aliveNanos > 0 && System.nanoTime() - toldAlive >= aliveNanos) {
            toldAlive = System.nanoTime();
            send("WATCHDOG=1");
        }
    }

    /** What cannot be told is not told: the service manager decides what that means. */
    private void send(String state) {
        if (socket.isEmpty()) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            send(arena, socket.get(), state.getBytes(StandardCharsets.UTF_8));
        } catch (Throwable e) {
            warnings.println("WARNING: cannot notify the service manager at '" + socket.get() + "': " + e);
        }
    }

    @SuppressWarnings("restricted") // the three functions have these arguments
    private static void send(Arena arena, String path, byte[] state) throws Throwable {
        Linker linker = Linker.nativeLinker();
        SymbolLookup library = linker.defaultLookup();
        MethodHandle socket = linker.downcallHandle(
                library.find("socket").orElseThrow(),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle sendTo = linker.downcallHandle(
                library.find("sendto").orElseThrow(),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_INT));
        MethodHandle close = linker.downcallHandle(
                library.find("close").orElseThrow(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        if (name[0] == '@') {
            name[0] = 0; // a name without a file
        }
        // struct sockaddr_un: the family in two bytes, then the path; one with a file ends with a zero.
        int length = 2 + name.length + (name[0] == 0 ? 0 : 1);
        MemorySegment address = arena.allocate(2 + LONGEST_PATH + 1L, 2);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
        MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, state);
        int descriptor = (int) socket.invokeExact(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0) {
            throw new IllegalStateException("no socket");
        }
        try {
            long sent =
                    (long) sendTo.invokeExact(descriptor, message, (long) state.length, MSG_NOSIGNAL, address, length);
            if (sent != state.length) {
                throw new IllegalStateException("it does not listen");
            }
        } finally {
            int ignored = (int) close.invokeExact(descriptor);
        }
    }
}
