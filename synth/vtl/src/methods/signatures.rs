//! The public methods of the Java classes that a template meets, so that an overload is chosen as Velocity chooses it
//! and a method that Java has and this crate has not is told from one that nobody has.
//!
//! A trailing `v` marks a method that returns nothing; `of` of lists, sets and maps is left out, see `resolve`.

pub(super) const STRING: &str = "\
    charAt(int) chars() codePointAt(int) codePointBefore(int) codePointCount(int,int) codePoints() \
    compare(CharSequence,CharSequence) compareTo(Object) compareTo(String) compareToIgnoreCase(String) \
    concat(String) contains(CharSequence) contentEquals(CharSequence) contentEquals(StringBuffer) \
    copyValueOf(char[]) copyValueOf(char[],int,int) describeConstable() endsWith(String) equals(Object) \
    equalsIgnoreCase(String) format(Locale,String,Object[]) format(String,Object[]) formatted(Object[]) getBytes() \
    getBytes(Charset) getBytes(String) getBytes(int,int,byte[],int)v getChars(int,int,char[],int)v getClass() \
    hashCode() indent(int) indexOf(String) indexOf(String,int) indexOf(int) indexOf(int,int) intern() isBlank() \
    isEmpty() join(CharSequence,CharSequence[]) join(CharSequence,Iterable) lastIndexOf(String) \
    lastIndexOf(String,int) lastIndexOf(int) lastIndexOf(int,int) length() lines() matches(String) notifyAll()v \
    offsetByCodePoints(int,int) regionMatches(boolean,int,String,int,int) regionMatches(int,String,int,int) \
    repeat(int) replace(CharSequence,CharSequence) replace(char,char) replaceAll(String,String) \
    replaceFirst(String,String) resolveConstantDesc(Lookup) split(String) split(String,int) startsWith(String) \
    startsWith(String,int) strip() stripIndent() stripLeading() stripTrailing() subSequence(int,int) substring(int) \
    substring(int,int) toCharArray() toLowerCase() toLowerCase(Locale) toString() toUpperCase() toUpperCase(Locale) \
    transform(Function) translateEscapes() trim() valueOf(Object) valueOf(boolean) valueOf(char) valueOf(char[]) \
    valueOf(char[],int,int) valueOf(double) valueOf(float) valueOf(int) valueOf(long)";

pub(super) const INTEGER: &str = "\
    bitCount(int) byteValue() compare(int,int) compareTo(Integer) compareTo(Object) compareUnsigned(int,int) \
    decode(String) describeConstable() divideUnsigned(int,int) doubleValue() equals(Object) floatValue() getClass() \
    getInteger(String) getInteger(String,Integer) hashCode() hashCode(int) highestOneBit(int) intValue() longValue() \
    lowestOneBit(int) max(int,int) min(int,int) notifyAll()v numberOfLeadingZeros(int) numberOfTrailingZeros(int) \
    parseInt(CharSequence,int,int,int) parseInt(String) parseInt(String,int) \
    parseUnsignedInt(CharSequence,int,int,int) parseUnsignedInt(String) parseUnsignedInt(String,int) \
    remainderUnsigned(int,int) resolveConstantDesc(Lookup) reverse(int) reverseBytes(int) rotateLeft(int,int) \
    rotateRight(int,int) shortValue() signum(int) sum(int,int) toBinaryString(int) toHexString(int) \
    toOctalString(int) toString() toString(int) toString(int,int) toUnsignedLong(int) toUnsignedString(int) \
    toUnsignedString(int,int) valueOf(String) valueOf(String,int) valueOf(int)";

pub(super) const LONG: &str = "\
    bitCount(long) byteValue() compare(long,long) compareTo(Long) compareTo(Object) compareUnsigned(long,long) \
    decode(String) describeConstable() divideUnsigned(long,long) doubleValue() equals(Object) floatValue() \
    getClass() getLong(String) getLong(String,Long) hashCode() hashCode(long) highestOneBit(long) intValue() \
    longValue() lowestOneBit(long) max(long,long) min(long,long) notifyAll()v numberOfLeadingZeros(long) \
    numberOfTrailingZeros(long) parseLong(CharSequence,int,int,int) parseLong(String) parseLong(String,int) \
    parseUnsignedLong(CharSequence,int,int,int) parseUnsignedLong(String) parseUnsignedLong(String,int) \
    remainderUnsigned(long,long) resolveConstantDesc(Lookup) reverse(long) reverseBytes(long) rotateLeft(long,int) \
    rotateRight(long,int) shortValue() signum(long) sum(long,long) toBinaryString(long) toHexString(long) \
    toOctalString(long) toString() toString(long) toString(long,int) toUnsignedString(long) \
    toUnsignedString(long,int) valueOf(String) valueOf(String,int) valueOf(long)";

pub(super) const DOUBLE: &str = "\
    byteValue() compare(double,double) compareTo(Double) compareTo(Object) describeConstable() \
    doubleToLongBits(double) doubleToRawLongBits(double) doubleValue() equals(Object) floatValue() getClass() \
    hashCode() hashCode(double) intValue() isFinite(double) isInfinite() isInfinite(double) isNaN() isNaN(double) \
    longBitsToDouble(long) longValue() max(double,double) min(double,double) notifyAll()v parseDouble(String) \
    resolveConstantDesc(Lookup) shortValue() sum(double,double) toHexString(double) toString() toString(double) \
    valueOf(String) valueOf(double)";

pub(super) const FLOAT: &str = "\
    byteValue() compare(float,float) compareTo(Float) compareTo(Object) describeConstable() doubleValue() \
    equals(Object) floatToIntBits(float) floatToRawIntBits(float) floatValue() getClass() hashCode() hashCode(float) \
    intBitsToFloat(int) intValue() isFinite(float) isInfinite() isInfinite(float) isNaN() isNaN(float) longValue() \
    max(float,float) min(float,float) notifyAll()v parseFloat(String) resolveConstantDesc(Lookup) shortValue() \
    sum(float,float) toHexString(float) toString() toString(float) valueOf(String) valueOf(float)";

pub(super) const BYTE: &str = "\
    byteValue() compare(byte,byte) compareTo(Byte) compareTo(Object) compareUnsigned(byte,byte) decode(String) \
    describeConstable() doubleValue() equals(Object) floatValue() getClass() hashCode() hashCode(byte) intValue() \
    longValue() notifyAll()v parseByte(String) parseByte(String,int) shortValue() toString() toString(byte) \
    toUnsignedInt(byte) toUnsignedLong(byte) valueOf(String) valueOf(String,int) valueOf(byte)";

pub(super) const SHORT: &str = "\
    byteValue() compare(short,short) compareTo(Object) compareTo(Short) compareUnsigned(short,short) decode(String) \
    describeConstable() doubleValue() equals(Object) floatValue() getClass() hashCode() hashCode(short) intValue() \
    longValue() notifyAll()v parseShort(String) parseShort(String,int) reverseBytes(short) shortValue() toString() \
    toString(short) toUnsignedInt(short) toUnsignedLong(short) valueOf(String) valueOf(String,int) valueOf(short)";

pub(super) const BOOLEAN: &str = "\
    booleanValue() compare(boolean,boolean) compareTo(Boolean) compareTo(Object) describeConstable() equals(Object) \
    getBoolean(String) getClass() hashCode() hashCode(boolean) logicalAnd(boolean,boolean) \
    logicalOr(boolean,boolean) logicalXor(boolean,boolean) notifyAll()v parseBoolean(String) toString() \
    toString(boolean) valueOf(String) valueOf(boolean)";

pub(super) const CHARACTER: &str = "\
    charCount(int) charValue() codePointAt(CharSequence,int) codePointAt(char[],int) codePointAt(char[],int,int) \
    codePointBefore(CharSequence,int) codePointBefore(char[],int) codePointBefore(char[],int,int) \
    codePointCount(CharSequence,int,int) codePointCount(char[],int,int) codePointOf(String) compare(char,char) \
    compareTo(Character) compareTo(Object) describeConstable() digit(char,int) digit(int,int) equals(Object) \
    forDigit(int,int) getClass() getDirectionality(char) getDirectionality(int) getName(int) getNumericValue(char) \
    getNumericValue(int) getType(char) getType(int) hashCode() hashCode(char) highSurrogate(int) isAlphabetic(int) \
    isBmpCodePoint(int) isDefined(char) isDefined(int) isDigit(char) isDigit(int) isHighSurrogate(char) \
    isISOControl(char) isISOControl(int) isIdentifierIgnorable(char) isIdentifierIgnorable(int) isIdeographic(int) \
    isJavaIdentifierPart(char) isJavaIdentifierPart(int) isJavaIdentifierStart(char) isJavaIdentifierStart(int) \
    isJavaLetter(char) isJavaLetterOrDigit(char) isLetter(char) isLetter(int) isLetterOrDigit(char) \
    isLetterOrDigit(int) isLowSurrogate(char) isLowerCase(char) isLowerCase(int) isMirrored(char) isMirrored(int) \
    isSpace(char) isSpaceChar(char) isSpaceChar(int) isSupplementaryCodePoint(int) isSurrogate(char) \
    isSurrogatePair(char,char) isTitleCase(char) isTitleCase(int) isUnicodeIdentifierPart(char) \
    isUnicodeIdentifierPart(int) isUnicodeIdentifierStart(char) isUnicodeIdentifierStart(int) isUpperCase(char) \
    isUpperCase(int) isValidCodePoint(int) isWhitespace(char) isWhitespace(int) lowSurrogate(int) notifyAll()v \
    offsetByCodePoints(CharSequence,int,int) offsetByCodePoints(char[],int,int,int,int) reverseBytes(char) \
    toChars(int) toChars(int,char[],int) toCodePoint(char,char) toLowerCase(char) toLowerCase(int) toString() \
    toString(char) toString(int) toTitleCase(char) toTitleCase(int) toUpperCase(char) toUpperCase(int) valueOf(char)";

pub(super) const BIG_INTEGER: &str = "\
    abs() add(BigInteger) and(BigInteger) andNot(BigInteger) bitCount() bitLength() byteValue() byteValueExact() \
    clearBit(int) compareTo(BigInteger) compareTo(Object) divide(BigInteger) divideAndRemainder(BigInteger) \
    doubleValue() equals(Object) flipBit(int) floatValue() gcd(BigInteger) getClass() getLowestSetBit() hashCode() \
    intValue() intValueExact() isProbablePrime(int) longValue() longValueExact() max(BigInteger) min(BigInteger) \
    mod(BigInteger) modInverse(BigInteger) modPow(BigInteger,BigInteger) multiply(BigInteger) negate() \
    nextProbablePrime() not() notifyAll()v or(BigInteger) pow(int) probablePrime(int,Random) remainder(BigInteger) \
    setBit(int) shiftLeft(int) shiftRight(int) shortValue() shortValueExact() signum() sqrt() sqrtAndRemainder() \
    subtract(BigInteger) testBit(int) toByteArray() toString() toString(int) valueOf(long) xor(BigInteger)";

pub(super) const BIG_DECIMAL: &str = "\
    abs() abs(MathContext) add(BigDecimal) add(BigDecimal,MathContext) byteValue() byteValueExact() \
    compareTo(BigDecimal) compareTo(Object) divide(BigDecimal) divide(BigDecimal,MathContext) \
    divide(BigDecimal,RoundingMode) divide(BigDecimal,int) divide(BigDecimal,int,RoundingMode) \
    divide(BigDecimal,int,int) divideAndRemainder(BigDecimal) divideAndRemainder(BigDecimal,MathContext) \
    divideToIntegralValue(BigDecimal) divideToIntegralValue(BigDecimal,MathContext) doubleValue() equals(Object) \
    floatValue() getClass() hashCode() intValue() intValueExact() longValue() longValueExact() max(BigDecimal) \
    min(BigDecimal) movePointLeft(int) movePointRight(int) multiply(BigDecimal) multiply(BigDecimal,MathContext) \
    negate() negate(MathContext) notifyAll()v plus() plus(MathContext) pow(int) pow(int,MathContext) precision() \
    remainder(BigDecimal) remainder(BigDecimal,MathContext) round(MathContext) scale() scaleByPowerOfTen(int) \
    setScale(int) setScale(int,RoundingMode) setScale(int,int) shortValue() shortValueExact() signum() \
    sqrt(MathContext) stripTrailingZeros() subtract(BigDecimal) subtract(BigDecimal,MathContext) toBigInteger() \
    toBigIntegerExact() toEngineeringString() toPlainString() toString() ulp() unscaledValue() valueOf(double) \
    valueOf(long) valueOf(long,int)";

pub(super) const COLLECTION: &str = "\
    add(Object) addAll(Collection) clear()v contains(Object) containsAll(Collection) equals(Object) \
    forEach(Consumer)v getClass() hashCode() isEmpty() iterator() notifyAll()v parallelStream() remove(Object) \
    removeAll(Collection) removeIf(Predicate) retainAll(Collection) size() spliterator() stream() toArray() \
    toArray(IntFunction) toArray(Object[]) toString()";

pub(super) const LIST: &str = "\
    add(int,Object)v addAll(int,Collection) copyOf(Collection) get(int) indexOf(Object) lastIndexOf(Object) \
    listIterator() listIterator(int) remove(int) replaceAll(UnaryOperator)v set(int,Object) sort(Comparator)v \
    subList(int,int)";

pub(super) const ARRAY_LIST: &str = "\
    clone() ensureCapacity(int)v trimToSize()v";

pub(super) const JSON_ARRAY: &str = "\
    merge(Object)v toJSONString() toJSONString(JSONStyle) toJSONString(List) toJSONString(List,JSONStyle) \
    toString(JSONStyle) writeJSONString(Appendable)v writeJSONString(Appendable,JSONStyle)v \
    writeJSONString(Iterable,Appendable,JSONStyle)v writeJSONString(List,Appendable)v";

pub(super) const SET: &str = "\
    copyOf(Collection)";

pub(super) const MAP: &str = "\
    clear()v compute(Object,BiFunction) computeIfAbsent(Object,Function) computeIfPresent(Object,BiFunction) \
    containsKey(Object) containsValue(Object) copyOf(Map) entry(Object,Object) entrySet() equals(Object) \
    forEach(BiConsumer)v get(Object) getClass() getOrDefault(Object,Object) hashCode() isEmpty() keySet() \
    merge(Object,Object,BiFunction) notifyAll()v ofEntries(Entry[]) put(Object,Object) putAll(Map)v \
    putIfAbsent(Object,Object) remove(Object) remove(Object,Object) replace(Object,Object) \
    replace(Object,Object,Object) replaceAll(BiFunction)v size() toString() values()";

pub(super) const HASH_MAP: &str = "\
    clone()";

pub(super) const JSON_OBJECT: &str = "\
    escape(String) getAsNumber(String) getAsString(String) merge(Object)v toJSONString() toJSONString(JSONStyle) \
    toJSONString(Map) toJSONString(Map,JSONStyle) toString(JSONStyle) writeJSON(Map,Appendable)v \
    writeJSON(Map,Appendable,JSONStyle)v writeJSONKV(String,Object,Appendable,JSONStyle)v \
    writeJSONString(Appendable)v writeJSONString(Appendable,JSONStyle)v";

pub(super) const FOREACH: &str = "\
    getCount() getFirst() getHasNext() getIndex() getInfo() getLast() getParent() getReplaced() getTopmost() \
    hasNext() isFirst() isLast()";

pub(super) const ENTRY: &str = "\
    comparingByKey() comparingByKey(Comparator) comparingByValue() comparingByValue(Comparator) copyOf(Entry) \
    equals(Object) getClass() getKey() getValue() hashCode() notifyAll()v setValue(Object) toString()";

pub(super) const ITERATOR: &str = "\
    equals(Object) forEachRemaining(Consumer)v getClass() hasNext() hashCode() next() notifyAll()v remove()v \
    toString()";

pub(super) const INPUT: &str = "\
    equals(Object) getBody() getClass() hashCode() json(String) notifyAll()v params() params(String) path(String) \
    toString()";

pub(super) const UTIL: &str = "\
    base64Decode(Object) base64Encode(Object) equals(Object) escapeJavaScript(Object) getClass() hashCode() \
    notifyAll()v parseJson(Object) toString() urlDecode(Object) urlEncode(Object)";

pub(super) const BLOCK: &str = "\
    equals(Object) getClass() hashCode() notifyAll()v render(InternalContextAdapter,Writer) toString()";
