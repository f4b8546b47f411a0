// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Tampering;

/**
 * A bucket that keeps versions is read as of moments of the past: objects are created, overwritten by an intruder and
 * deleted at random, and each moment shows what was there.
 */
public final class PastContract {
    private static final int KEYS = 12;
    private static final int CHANGES = 8;
    /** Longer than a second, which is the precision of some servers. */
    private static final long PAUSE_MILLIS = 1_100;

    private PastContract() {}

    /** Opens the bucket as of a moment. */
    public interface Opening {
        ObjectStore at(Instant moment);
    }

    /**
     * Changes the bucket for some seconds, and reads all moments.
     *
     * @param now the bucket as it is
     */
    public static void run(ObjectStore now, Opening opening) throws Exception {
        Random random = Rounds.random();
        Tampering intruder = now.tampering().orElseThrow();
        SortedMap<String, String> present = new TreeMap<>();
        Map<Instant, SortedMap<String, String>> moments = new LinkedHashMap<>();
        for (int step = 0; step < Rounds.of(3, 20); step++) {
            for (int change = 0; change < CHANGES; change++) {
                String key = "main/" + random.nextInt(KEYS) + (random.nextBoolean() ? "" : "/longer");
                String content = step + "-" + change + "-" + "x".repeat(random.nextInt(50));
                if (!present.containsKey(key)) {
                    StoreAccess.put(now, key, content.getBytes(StandardCharsets.UTF_8));
                    present.put(key, content);
                } else if (random.nextBoolean()) {
                    intruder.overwrite(StoreAccess.key(key), content.getBytes(StandardCharsets.UTF_8));
                    present.put(key, content);
                } else {
                    now.delete(List.of(StoreAccess.key(key)));
                    present.remove(key);
                    // Of one second, a version counts more than a deletion.
                    Thread.sleep(PAUSE_MILLIS);
                }
            }
            Thread.sleep(PAUSE_MILLIS);
            moments.put(Instant.now().truncatedTo(ChronoUnit.SECONDS), new TreeMap<>(present));
            Thread.sleep(PAUSE_MILLIS);
        }
        for (Map.Entry<Instant, SortedMap<String, String>> moment : moments.entrySet()) {
            try (ObjectStore past = opening.at(moment.getKey())) {
                compare(past, moment.getValue(), random);
            }
        }
    }

    private static void compare(ObjectStore past, SortedMap<String, String> then, Random random) throws Exception {
        for (int limit : List.of(1, 3, ObjectStore.MAX_PAGE)) {
            assertThat(StoreAccess.list(past, "main/", limit))
                    .extracting(info -> info.key().value())
                    .containsExactlyElementsOf(then.keySet());
        }
        for (int number = 0; number < KEYS; number++) {
            for (String key : List.of("main/" + number, "main/" + number + "/longer")) {
                String content = then.get(key);
                assertThat(past.stat(StoreAccess.key(key)).map(ObjectInfo::sizeBytes))
                        .as(key)
                        .isEqualTo(Optional.ofNullable(content).map(text -> (long) text.length()));
                if (content != null) {
                    int from = random.nextInt(content.length() + 2);
                    assertThat(new String(StoreAccess.read(past, key), StandardCharsets.UTF_8))
                            .isEqualTo(content);
                    assertThat(new String(
                                    StoreAccess.read(past, key, new ByteRange(from, ByteRange.TO_END)),
                                    StandardCharsets.UTF_8))
                            .isEqualTo(content.substring(Math.min(from, content.length())));
                }
            }
        }
    }
}
