// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

class Lz4CodecTest extends CodecContract {
    @Override
    Codec codec() {
        return Codec.parse("lz4");
    }
}
