// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

class GzipCodecTest extends CodecContract {
    @Override
    Codec codec() {
        return Codec.parse("gzip");
    }
}
