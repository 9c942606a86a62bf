"""The key that signs copies: certificates and one signature at a time, so a device may hold it instead of a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.access.key_files import KeyFileUnsafe, kept_key

VALID_FOR: Final = timedelta(days=3653)
HALF: Final = 32  # bytes of r and of s on P-256
CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"


class SigningKey(Protocol):
    """Signs the provenance of copies with ES256. ``KeyInFile`` is one; a token behind PKCS#11 or a KMS fits as well."""

    @property
    def certificates(self) -> str:
        """Return the certificate of the key, then its issuer's, as PEM."""
        ...

    def sign(self, content: bytes) -> bytes:
        """Return the signature over the SHA-256 of ``content``: r and s, 32 bytes each."""
        ...


class KeyInFile:
    """The key and its certificates in one PEM file that only its owner can read; a first start makes it.

    The issuer's key is thrown away once it has signed: nobody can make a second certificate under it. An agency with a
    public-key infrastructure of its own puts its key and chain into the file instead.
    """

    def __init__(self, path: Path) -> None:
        content = kept_key(path, _new)
        key = serialization.load_pem_private_key(content, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise KeyFileUnsafe(f"{path} holds no key on the curve P-256, which ES256 signs with")
        self._key = key
        self._certificates = content[content.index(CERTIFICATE) :].decode()

    @property
    def certificates(self) -> str:
        return self._certificates

    def sign(self, content: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(HALF) + s.to_bytes(HALF)


def _new() -> bytes:
    issuer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root, leaf = _root(issuer), _leaf(issuer, key)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (leaf, root))


def _root(issuer: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    built = _certificate("copies of this installation: issuer", issuer.public_key())
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    built = built.add_extension(_usage(issues=True), critical=True)
    return built.sign(issuer, hashes.SHA256())


def _leaf(issuer: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    above = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    built = _certificate("copies of this installation", key.public_key())
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(_usage(issues=False), critical=True)
    # C2PA wants one of a few purposes in the certificate; this is the one that every reader knows.
    built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    named = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above)
    return built.add_extension(named, critical=False).sign(issuer, hashes.SHA256())


def _certificate(common_name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(_name(common_name))
    built = built.issuer_name(_name("copies of this installation: issuer")).public_key(key)
    built = built.serial_number(x509.random_serial_number())
    # Clocks of readers run behind ours by a little: a copy of today is no copy of tomorrow.
    built = built.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + VALID_FOR)
    return built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _name(common_name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "camledger")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        key_cert_sign=issues,
        crl_sign=issues,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
