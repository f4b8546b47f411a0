// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One upload in several requests. What came is kept in multiples of 256 KiB, until the object ends. Thread-safe: a
 * request takes the place of an older one that is still sending, so that a client can go on after it lost a connection
 * of which the server does not know yet.
 *
 * @see <a href="https://cloud.google.com/storage/docs/performing-resumable-uploads">Performing resumable uploads</a>
 */
final class ResumableSession {
    private static final int BLOCK_BYTES = 256 * 1024;
    private static final Pattern RANGE = Pattern.compile("bytes (\\*|([0-9]{1,18})-([0-9]{1,18}))/(\\*|[0-9]{1,18})");

    private final Content.Writer writer;
    private final Function<Content, Map<String, Object>> finish;
    private int turn;
    private Optional<Map<String, Object>> resource = Optional.empty();
    private boolean over;

    /** @param finish makes the object of all bytes, and returns its resource */
    ResumableSession(Content.Writer writer, Function<Content, Map<String, Object>> finish) {
        this.writer = writer;
        this.finish = finish;
    }

    /** Takes a part of the object, or tells how much of it is there. */
    Answer put(Call call) throws IOException {
        Matcher range = RANGE.matcher(call.header("content-range").orElse(""));
        if (!call.method().equals("PUT") || !range.matches()) {
            throw Refusal.notImplemented(call.method() + " of a session without a Content-Range");
        }
        OptionalLong total = number(range.group(4));
        int mine;
        synchronized (this) {
            if (resource.isPresent()) {
                return Answer.json(200, resource.get());
            }
            mine = ++turn;
            checkTurn(mine);
            if (range.group(1).equals("*")) {
                return total.equals(OptionalLong.of(writer.size())) ? finished(call) : incomplete();
            }
            if (Long.parseLong(range.group(2)) > writer.size()) {
                throw new Refusal(503, "backendError", "the upload offset exceeds the already uploaded size");
            }
        }
        return receive(call, Long.parseLong(range.group(2)), Long.parseLong(range.group(3)), total, mine);
    }

    private static OptionalLong number(String text) {
        return text.equals("*") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
    }

    private Answer receive(Call call, long from, long last, OptionalLong total, int mine) throws IOException {
        InputStream in = call.body();
        byte[] block = new byte[BLOCK_BYTES];
        long at = from;
        while (true) {
            // Blocks end where the kept multiples of 256 KiB end, wherever this body began.
            int wanted = BLOCK_BYTES - (int) (at % BLOCK_BYTES);
            int count = in.readNBytes(block, 0, wanted);
            if (count == wanted) {
                append(mine, block, at, count);
                at += count;
                continue;
            }
            synchronized (this) {
                if (at + count != last + 1) {
                    throw Refusal.invalid("the body does not have the length that its Content-Range says");
                }
                checkTurn(mine);
                if (!total.equals(OptionalLong.of(last + 1))) {
                    return incomplete();
                }
                append(mine, block, at, count);
                return finished(call);
            }
        }
    }

    /** Bytes that are there already are passed over. */
    private synchronized void append(int mine, byte[] block, long at, int count) throws IOException {
        checkTurn(mine);
        int known = Math.clamp(writer.size() - at, 0, count);
        writer.write(block, known, count - known);
    }

    private void checkTurn(int mine) {
        if (over) {
            throw new Refusal(410, "gone", "the upload session is no longer available");
        }
        if (mine != turn) {
            throw new Refusal(503, "backendError", "a later request goes on with this upload");
        }
    }

    private Answer incomplete() {
        Answer answer = Answer.empty(308);
        return writer.size() == 0 ? answer : answer.with("Range", "bytes=0-" + (writer.size() - 1));
    }

    /** Makes the object. A session whose object is refused is over as well. */
    private Answer finished(Call call) throws IOException {
        over = true;
        Content content = writer.finish();
        content.check(call.announced());
        resource = Optional.of(finish.apply(content));
        return Answer.json(200, resource.get());
    }

    /** Lets the session expire; the object, if it was made, stays. */
    synchronized void expire() {
        over = true;
    }
}
