"""URIs of the code systems and identifiers the synthetic records use (norms, sections 4.3 and 9)."""

ID_CARD = "urn:oid:2.16.156.10011.1.3"
HEALTH_RECORD = "urn:oid:2.16.156.10011.1.2"
STAFF = "urn:oid:2.16.156.10011.1.4"
INSTITUTION = "urn:oid:2.16.156.10011.1.5"
OUTPATIENT_NUMBER = "urn:oid:2.16.156.10011.1.11"
INPATIENT_NUMBER = "urn:oid:2.16.156.10011.1.12"
PRESCRIPTION_NUMBER = "urn:oid:2.16.156.10011.1.20"
CREDIT_CODE = "urn:minkang:id:credit-code"
DIVISION = "urn:minkang:id:division"
REPORT_CARD = "urn:minkang:id:report-card"

NATION = "urn:oid:2.16.156.10011.2.3.3.3"
MARITAL = "urn:oid:2.16.156.10011.2.3.3.5"
OPERATION = "urn:oid:2.16.156.10011.2.3.3.12"
DATA_ELEMENT = "urn:oid:2.16.156.10011.2.2.1"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ATC = "http://www.whocc.no/atc"
ENCOUNTER_KIND = "urn:minkang:code:encounter-kind"
OBSERVATION = "urn:minkang:code:observation"
VACCINE = "urn:minkang:code:vaccine"
PROGRAMME = "urn:minkang:code:programme"
INSTITUTION_KIND = "urn:minkang:code:institution-kind"
GROUP_KIND = "urn:minkang:code:group-kind"
STAFF_KIND = "urn:minkang:code:staff-kind"
NOTIFIABLE = "urn:minkang:code:notifiable-disease"
LEAVE = "urn:minkang:code:discharge-way"

EXT_DIVISION = "urn:minkang:extension:division"
EXT_NATION = "urn:minkang:extension:nation"
EXT_INSURANCE = "urn:minkang:extension:insurance"

SOURCE = "urn:minkang:synthetic:"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
TEST_DATA = (
    '"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST",'
    '"display":"test health data"}]'
)
