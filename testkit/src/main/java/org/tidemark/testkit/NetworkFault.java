// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.time.Duration;

/**
 * What a {@link FaultProxy} does to a connection. Immutable.
 *
 * @param up from the client to the server
 * @param down from the server to the client
 * @param ending what happens to a connection that is cut
 * @param delay of each piece of some KiB, in both directions
 * @param answer what is answered in the place of the server; empty where the server answers
 */
public record NetworkFault(Direction up, Direction down, Ending ending, Duration delay, String answer) {
    public static final NetworkFault NONE =
            new NetworkFault(Direction.FREE, Direction.FREE, Ending.RESET, Duration.ZERO, "");

    /** How a connection that is cut ends. */
    public enum Ending {
        RESET,
        FINISH,
        /** It stays open, and nothing moves any more. */
        SILENCE
    }

    /**
     * One direction. Immutable.
     *
     * @param cutAfter so many bytes pass
     * @param spoilAt one bit of this byte, counted from 0, is changed; -1 for none
     */
    public record Direction(long cutAfter, long spoilAt) {
        public static final Direction FREE = new Direction(Long.MAX_VALUE, -1);

        void spoil(byte[] buffer, int count, long passed) {
            if (spoilAt >= passed && spoilAt < passed + count) {
                buffer[(int) (spoilAt - passed)] ^= 0x10;
            }
        }
    }

    /** After so many bytes of what the client sends. */
    public static NetworkFault cutUpAfter(long bytes, Ending ending) {
        return new NetworkFault(new Direction(bytes, -1), Direction.FREE, ending, Duration.ZERO, "");
    }

    /** After so many bytes of what the server sends: half an answer. */
    public static NetworkFault cutDownAfter(long bytes, Ending ending) {
        return new NetworkFault(Direction.FREE, new Direction(bytes, -1), ending, Duration.ZERO, "");
    }

    /** One bit of what the server sends. */
    public static NetworkFault spoilDownAt(long offset) {
        return new NetworkFault(Direction.FREE, new Direction(Long.MAX_VALUE, offset), Ending.RESET, Duration.ZERO, "");
    }

    /** One bit of what the client sends. */
    public static NetworkFault spoilUpAt(long offset) {
        return new NetworkFault(new Direction(Long.MAX_VALUE, offset), Direction.FREE, Ending.RESET, Duration.ZERO, "");
    }

    public static NetworkFault delay(Duration delay) {
        return new NetworkFault(Direction.FREE, Direction.FREE, Ending.RESET, delay, "");
    }

    /** An HTTP answer with this status and no body, then the end of the connection. */
    public static NetworkFault httpStatus(int status) {
        return httpAnswer(status, "Content-Type: text/plain", "");
    }

    /** An HTTP answer with this status, one header and a body of ASCII, then the end of the connection. */
    public static NetworkFault httpAnswer(int status, String header, String body) {
        String answer = "HTTP/1.1 " + status + " Answered\r\n" + header + "\r\nContent-Length: " + body.length()
                + "\r\nConnection: close\r\n\r\n" + body;
        return new NetworkFault(Direction.FREE, Direction.FREE, Ending.RESET, Duration.ZERO, answer);
    }

    void delayEach(int count) throws InterruptedException {
        if (count > 0 && delay.isPositive()) {
            Thread.sleep(delay);
        }
    }
}
