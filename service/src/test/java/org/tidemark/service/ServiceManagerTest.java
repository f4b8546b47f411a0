// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.Environment;

class ServiceManagerTest {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int DO_NOT_WAIT = 0x40;

    @TempDir
    private Path directory;

    private ServiceManager manager(Map<String, String> variables) {
        return ServiceManager.of(new Environment(variables, directory, directory, directory), System.err);
    }

    @Test
    void tellsWhatTheServiceManagerListensFor() throws Throwable {
        Path path = directory.resolve("notify");
        try (Socket socket = new Socket(path.toString())) {
            ServiceManager manager = manager(Map.of("NOTIFY_SOCKET", path.toString(), "WATCHDOG_USEC", "1"));

            manager.ready();
            assertThat(socket.receive()).isEqualTo("READY=1");
            manager.reloading();
            assertThat(socket.receive()).matches("RELOADING=1\nMONOTONIC_USEC=[0-9]+");
            manager.alive();
            assertThat(socket.receive()).isEqualTo("WATCHDOG=1");
            manager.stopping();
            assertThat(socket.receive()).isEqualTo("STOPPING=1");
        }
    }

    @Test
    void anAddressWithoutAFileIsUnderstood() throws Throwable {
        String name = "@tidemark-test-" + ProcessHandle.current().pid();
        try (Socket socket = new Socket(name)) {
            manager(Map.of("NOTIFY_SOCKET", name)).ready();
            assertThat(socket.receive()).isEqualTo("READY=1");
        }
    }

    @Test
    void nobodyIsToldThatDoesNotListenOrDoesNotWatch() throws Throwable {
        manager(Map.of()).ready();
        manager(Map.of("NOTIFY_SOCKET", directory.resolve("nobody").toString())).ready();
        Path path = directory.resolve("notify");
        try (Socket socket = new Socket(path.toString())) {
            manager(Map.of("NOTIFY_SOCKET", path.toString())).alive();
            manager(Map.of("NOTIFY_SOCKET", path.toString(), "WATCHDOG_USEC", "no"))
                    .alive();
            assertThat(socket.receive()).isEmpty();
        }
    }

    /** That of a service manager: Java has no sockets for datagrams of this kind. */
    @SuppressWarnings("restricted") // the functions have these arguments
    private static final class Socket implements AutoCloseable {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

        private final Arena arena = Arena.ofConfined();
        private final int descriptor;

        Socket(String path) throws Throwable {
            descriptor = (int)
                    call("socket", FunctionDescriptor.of(INT, INT, INT, INT)).invokeExact(AF_UNIX, SOCK_DGRAM, 0);
            byte[] name = path.getBytes(StandardCharsets.UTF_8);
            if (name[0] == '@') {
                name[0] = 0;
            }
            int length = 2 + name.length + (name[0] == 0 ? 0 : 1);
            MemorySegment address = arena.allocate(length, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
            int bound = (int) call("bind", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT))
                    .invokeExact(descriptor, address, length);
            assertThat(bound).isZero();
        }

        private static MethodHandle call(String name, FunctionDescriptor descriptor) {
            return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), descriptor);
        }

        /** The next message; empty if there is none. */
        String receive() throws Throwable {
            MemorySegment buffer = arena.allocate(1_000);
            long length = (long) call(
                            "recv",
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_LONG, INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, INT))
                    .invokeExact(descriptor, buffer, 1_000L, DO_NOT_WAIT);
            return length < 0
                    ? ""
                    : new String(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            try {
                int ignored =
                        (int) call("close", FunctionDescriptor.of(INT, INT)).invokeExact(descriptor);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            } finally {
                arena.close();
            }
        }
    }
}
