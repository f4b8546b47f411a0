// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmountsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1.0 KiB",
        "1024, 1.0 KiB",
        "10188, 9.9 KiB",
        "10189, 10 KiB",
        "10240, 10 KiB",
        "3328599655, 3.1 GiB",
        "9223372036854775807, 8192 PiB",
        "-1536, -1.5 KiB"
    })
    void aSizeHasOneDecimalBelowTen(long bytes, String text) {
        assertThat(Amounts.size(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"PT18S, 18s", "PT27M40S, 27m40s", "PT4H29M3S, 4h29m", "PT76H, 3d04h", "PT-5S, 0s", "PT60S, 1m00s"})
    void aDurationHasTheTwoGreatestUnits(Duration duration, String text) {
        assertThat(Amounts.duration(duration)).isEqualTo(text);
    }

    /** As a formatter writes them, up to what both leave open: the rounding of a half. */
    @Test
    void amountsAreWrittenAsAFormatterWritesThem() {
        DateTimeFormatter minutes =
                DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            long bytes = random.nextLong() >>> random.nextInt(1, 64);
            Instant moment = Instant.ofEpochSecond(random.nextLong(-70_000_000_000L, 400_000_000_000L));

            assertThat(Amounts.size(bytes)).as("seed %d", seed).isEqualTo(formatted(bytes));
            assertThat(Amounts.minute(moment)).as("seed %d", seed).isEqualTo(minutes.format(moment));
        }
    }

    private static String formatted(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
        double number = bytes;
        int unit = 0;
        while (number >= 1000 && unit < units.length - 1) {
            number /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, unit > 0 && number < 9.95 ? "%.1f %s" : "%.0f %s", number, units[unit]);
    }
}
