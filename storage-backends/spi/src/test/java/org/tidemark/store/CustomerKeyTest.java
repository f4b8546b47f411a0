// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CustomerKeyTest {
    private static final String VARIABLE = "DEMO_CUSTOMER_KEY";

    private static Optional<CustomerKey> given(String text) {
        StoreOptions options =
                new StoreOptions(Map.of(), name -> Optional.of(text).filter(any -> name.equals(VARIABLE)));
        return CustomerKey.of(options, "customer-key", VARIABLE);
    }

    @Test
    void aKeyOf256BitsIsOneWithItsChecksum() {
        String zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

        CustomerKey key = given(zeros).orElseThrow();

        assertThat(key.base64()).isEqualTo(zeros);
        assertThat(key.md5()).isEqualTo("cLyPS3KoaSFGi/joRB3OUQ==");
        assertThat(key.toString()).doesNotContain(zeros);
        assertThat(CustomerKey.of(new StoreOptions(Map.of(), _ -> Optional.empty()), "customer-key", VARIABLE))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"c2hvcnQ=", "not-base64!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    void whatIsNoKeyIsRefusedAndNotShown(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> given(text))
                .withMessageContainingAll("'customer-key-…'", VARIABLE, "32 bytes in base64")
                .withMessageNotContaining(text)
                .withNoCause();
    }

    /** The check values of RFC 1321 and of CRC-32. */
    @Test
    void checksumsAreThoseThatServicesCompare() throws StorageException {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        byte[] md5 = BodyChecksum.md5(digits, digits.length);
        CRC32 crc = new CRC32();
        crc.update(digits);

        assertThat(md5).asHexString().isEqualToIgnoringCase("25f9e794323b453885f5181f1b624d0b");
        assertThat(BodyChecksum.md5(new ObjectKey("main/a"), ObjectSource.of(digits)))
                .isEqualTo(md5);
        assertThat(BodyChecksum.base64(crc)).isEqualTo("y/Q5Jg==");
    }
}
