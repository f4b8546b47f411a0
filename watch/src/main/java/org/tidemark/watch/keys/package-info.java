// SPDX-License-Identifier: Apache-2.0
/** The private keys of encrypted repositories, which are kept elsewhere: whether somebody can still read them. */
package org.tidemark.watch.keys;
